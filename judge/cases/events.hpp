// What the programs that run students' code write into the record (record.hpp).
//
// Apart from record.hpp, which every file of cases includes.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>

namespace judge {

// Writes one line.
void write_event(const nlohmann::json& event);

// The value of "not_written": null unless the exception says that a function is not written yet.
nlohmann::json not_written(const std::exception& error);

// Reports that an exception ended the program, or the row of a workload.
void write_stopped(const std::exception& error, const std::string& row = "");

}  // namespace judge
