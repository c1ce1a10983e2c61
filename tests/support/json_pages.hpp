// The generated descriptions of what --json prints, from docs/json-members.json, which is written by hand.
//
// There a member is "name": "TYPE: what it means"; "name?" may be missing (of a command's members, also without: where
// the command fails). TYPE is string, integer, number, boolean, null, any or the name of a shared object; TYPE[] is an
// array, {TYPE} an object with any names, A|B either of two. An object with members of its own is an object here, and
// its "" holds "object: ..", "object[]: .." or "object|null: ..". "+" names groups of members that an object has as
// well, each with those of the optional ones that are always there.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

// As JSON Schema: docs/generated/json-schema.json.
nlohmann::json schema_of(const nlohmann::json& source);

// The same as text: each value on one line, where it fits.
std::string schema_text(const nlohmann::json& schema, std::size_t indent = 0);

// For reading: docs/generated/json.md.
std::string page_of(const nlohmann::json& source);
