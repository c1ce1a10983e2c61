// Manual pages, made of what --help says.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace tito {

// File name -> text in the man macros: "tito.1", and "tito-module.1" for a command and those below it.
std::map<std::string, std::string> manual_pages(const CLI::App& app);

}  // namespace tito
