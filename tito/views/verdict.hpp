// Verdicts on modules and checkpoints, in text and in JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/actions/check_module.hpp"
#include "tito/actions/prove_checkpoint.hpp"
#include "tito/views/failure.hpp"

namespace tito {

// The verdict on a module, and the first failure or all of them. The first line says which module it is, the next that
// is not empty is the verdict: `tito watch` shows them at the top.
void print_check(Screen& screen, const Workspace& workspace, const std::string& slug, const Check& check,
                 Extent extent);

// A program's cases: the first that failed, or all. `repeat` is the command that runs them again, `source` the
// student's file, if it is about one, and `known_mistake` what it seems to hold.
void print_failures(Screen& screen, const Verdict& verdict, Extent extent, const std::string& repeat,
                    const std::string& source = "", const std::string& known_mistake = "");

// planned, passed, failed, seconds, cases, and what kept the cases from running.
nlohmann::json json_of(const Check& check);
nlohmann::json json_of(const Verdict& verdict);

// What a checkpoint proved, or why not.
void print_proof(Screen& screen, const std::string& checkpoint, const Proof& proof, Extent extent);

void print_measures(Screen& screen, const std::vector<Measure>& measures);

}  // namespace tito
