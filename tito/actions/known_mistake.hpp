// The known mistake that a student's file seems to hold: its cases fail exactly as they do with that one
// (tito/course/signatures.hpp).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tito/course/course.hpp"
#include "tito/course/signatures.hpp"
#include "tito/toolchain/kit.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {

// What the cases of a verdict show. Those that reached a stub of the module, or were not run, show nothing.
Traces traces_of(const Verdict& verdict);

// The name of the mistake, empty when none is recognised. A module without signatures.json has none; one that cannot be
// read names none either, since the verdict does not depend on it.
std::string known_mistake_of(const Kit& kit, const Course& course, const std::string& slug, const Verdict& verdict);

// What a module's signatures are measured with, by SHA-256: its "body", its "cases", its "mistakes" and, where the
// course has them, the "causes" that judge knows.
std::map<std::string, std::string> sources_of_signatures(const Kit& kit, const Course& course, const std::string& slug);

// The module's signatures.json.
std::filesystem::path signature_file(const Kit& kit, const Course& course, const std::string& slug);

}  // namespace tito
