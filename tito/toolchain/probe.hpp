// Does what tito needs work on this machine? Each question is answered by trying it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tito/toolchain/kit.hpp"

namespace tito {

struct CompilerProbe {
  bool works = false;
  std::string version;       // what --version says first
  std::string problem;       // the first line of what went wrong
  bool precompiled = false;  // whether this compiler takes the kit's precompiled contract
  double seconds = 0;        // to compile, link and run
};

// Compiles a program of the standard library as a student's file is compiled, links and runs it in `scratch`.
// throws: nothing but Interrupted.
CompilerProbe probe_compiler(const Kit& kit, const std::filesystem::path& scratch);

// The same with the compiler of that name alone, where there is no kit.
CompilerProbe probe_compiler(const std::string& compiler, const std::filesystem::path& scratch);

struct BlasProbe {
  bool used = false;  // whether the course is linked with it at all
  bool works = false;
  std::string configuration;  // "OpenBLAS 0.3.21 ... SkylakeX"
  int threads = 0;            // that it would use by itself
  std::string problem;
};

// Links a program with the OpenBLAS of the kit and asks it what it is.
// throws: nothing but Interrupted.
BlasProbe probe_blas(const Kit& kit, const std::filesystem::path& scratch);

// Where PATH has a program; empty where it has not.
std::filesystem::path find_program(const std::string& name);

// What the kit names and is not there: the compiler, the lister of symbols, libraries, objects, plans' folder.
std::vector<std::string> missing_from(const Kit& kit);

}  // namespace tito
