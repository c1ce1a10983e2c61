// The test of one module: its file compiled, linked with the reference bodies of all others, and its cases run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "tito/actions/session.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {

// How a student's file fared: it does not compile, lacks functions or has forbidden ones, does not link, or ran.
struct Check {
  std::string source_hash;
  Compilation compilation;
  SymbolProblems symbols;
  Linking linking;
  bool ran = false;
  Verdict verdict;            // planned is set in any case
  std::string failing;        // the function that the first failure is about, where that can be said (failing.hpp)
  std::string known_mistake;  // the one with which the cases fail in exactly this way (known_mistake.hpp); often empty
  double seconds = 0;         // from the start to the verdict

  bool passed() const { return ran && verdict.all_passed(); }
};

// A seed for one run.
std::uint64_t new_seed();

// Compiles the student's file as it is now, and takes down which source that was.
// throws: Failure(Exit::work_failed) when the file is missing.
void compile_source(const Session& session, const std::string& slug, Mode mode, const std::filesystem::path& object,
                    Check& check);

// The student's file.
// throws: Failure(Exit::work_failed) when it is missing.
std::string source_text(const Session& session, const std::string& slug);

// What progress.json keeps of a verdict on a source.
Evidence evidence_of(const std::string& source_hash, const std::string& contract, const Verdict& verdict);

// Compiles only the module's file, links the reference for the others, runs its cases and writes the evidence.
// throws: Failure(Exit::work_failed) when the file is missing.
Check check_module(const Session& session, const std::string& slug, std::uint64_t seed,
                   const std::function<void(int)>& on_case = {});

}  // namespace tito
