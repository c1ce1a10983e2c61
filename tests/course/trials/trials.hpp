// What the trials have in common: their options, the processes that they are made in, and where a module's files are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "laboratory.hpp"
#include "tito/system/json.hpp"

namespace trials {

namespace fs = std::filesystem;
using tito::json;

struct Options {
  std::vector<std::string> modules;
  std::string json_file;
  int jobs = 1;
  std::uint64_t seed = 1;
  int sample = 0;
  double budget = 0;
  bool names = false;  // which mutants are taken for a known mistake
};

// Calls work(i) for every i < count in `jobs` processes, each with a laboratory of its own, and returns the answers in
// order; null for those that were not begun when the budget was over. An answer has less than 4 KB.
std::vector<json> in_processes(const Options& options, const tito::Kit& kit, const tito::Course& course,
                               std::size_t count, const std::function<json(Laboratory&, std::size_t)>& work);

fs::path folder_of(const tito::Kit& kit, const tito::Course& course, const std::string& slug);

json json_of(const Outcome& outcome);
bool is_caught(const json& outcome);
void write_json(const Options& options, const json& report);

// The commands; each returns an exit status.
int try_mistakes(const Options& options, const tito::Kit& kit, const tito::Course& course);
int try_mutants(const Options& options, const tito::Kit& kit, const tito::Course& course);
int write_signatures(const Options& options, const tito::Kit& kit, const tito::Course& course);

}  // namespace trials
