// How results look, in text and in JSON: shared by all commands that check, export or prove.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/commands/context.hpp"
#include "tito/commands/operations.hpp"

namespace tito {

// How much is shown of what is wrong.
enum class Extent { first, all };

// "02 tensor"
std::string module_label(const Track& track, const std::string& slug);

// The verdict on a module, and the first failure or all of them. The first line says which module it is, the next that
// is not empty is the verdict: `tito watch` shows them at the top.
void print_check(Context& context, const std::string& slug, const Check& check, Extent extent);

// A program's cases: the first that failed, or all. `repeat` is the command that runs them again, `source` the
// student's file, if it is about one, and `known_mistake` what it seems to hold.
void print_failures(Context& context, const Verdict& verdict, Extent extent, const std::string& repeat,
                    const std::string& source = "", const std::string& known_mistake = "");

// The compiler's first error, or all that it said.
void print_diagnostics(Context& context, const Compilation& compilation, Extent extent);

// planned, passed, failed, seconds, cases, and what kept the cases from running.
nlohmann::json json_of(const Check& check);
nlohmann::json json_of(const Verdict& verdict);
nlohmann::json json_of(const std::vector<Measure>& measures);

// What a checkpoint proved, or why not.
void print_proof(Context& context, const std::string& checkpoint, const Proof& proof, Extent extent);

void print_measures(Context& context, const std::vector<Measure>& measures);

// The command a user types next, and why.
struct Advice {
  std::string reason;
  std::string command;  // empty when there is nothing left to do
};
Advice advice_for(Context& context, const Next& next);

// The operations' view of the context.
Site site_of(Context& context);

}  // namespace tito
