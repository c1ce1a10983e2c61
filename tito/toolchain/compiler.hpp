// Compiling and linking students' files, and saying what is wrong with them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tito/toolchain/diagnostics.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

struct Compilation {
  bool succeeded = false;
  std::vector<Diagnostic> diagnostics;  // errors before warnings
  std::string output;                   // all that the compiler said
};

// Compiles one file to an object. The precompiled contract is used for Mode::check.
// throws: Failure(Exit::environment) when there is no compiler or it does not work.
Compilation compile(const Kit& kit, Mode mode, const std::filesystem::path& source,
                    const std::filesystem::path& object);

// What a student's object lacks or must not have.
struct SymbolProblems {
  std::vector<std::string> missing;    // what the reference body defines and this does not, as C++ writes it
  std::vector<std::string> forbidden;  // main and the like
  bool none() const { return missing.empty() && forbidden.empty(); }
};
SymbolProblems compare_symbols(const Kit& kit, const std::filesystem::path& object,
                               const std::filesystem::path& reference);

// Links objects with the course's libraries.
// throws: Failure(Exit::environment) when it fails for another reason than the objects' symbols.
struct Linking {
  bool succeeded = false;
  std::vector<std::string> undefined;   // names, as C++ writes them
  std::vector<std::string> duplicated;  // defined in more than one object
  std::string output;
};
Linking link(const Kit& kit, const std::vector<std::filesystem::path>& objects, const std::filesystem::path& program);

// The command that compiles a file, word by word: also what editors are told.
std::vector<std::string> compile_command(const Kit& kit, Mode mode, const std::filesystem::path& source,
                                         const std::filesystem::path& object);

}  // namespace tito
