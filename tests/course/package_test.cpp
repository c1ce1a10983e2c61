// The student's package: ten exports, built outside the course, found by another project, training XOR.
#include <cstdlib>
#include <filesystem>

#include "judge/cases/case.hpp"
#include "tests/support/real_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/system/files.hpp"

namespace {

void check_runs(const Sandbox& box, const std::vector<std::string>& command) {
  const Run run = box.run(command, box.root());
  INFO(command.front() << " " << command.back() << "\n" << run.out << run.err);
  REQUIRE(run.status == 0);
}

const char* const program = R"(#include <cstdio>
#include <tinytorch/tinytorch.hpp>
using namespace tinytorch;
int main() {
  Rng rng(7);
  Sequential net;
  net.add<Linear>(2, 8, rng), net.add<Activation<Tanh>>(), net.add<Linear>(8, 2, rng);
  const Tensor x({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1}), y({4}, {0, 1, 1, 0});
  Adam adam(net.parameters(), 0.05F);
  Trainer(net, adam, loss<CrossEntropyLoss>()).fit(*std::make_unique<OneAtATime>(x, y), 200);
  std::printf("%g\n", accuracy(net.forward(x), y));
  return accuracy(net.forward(x), y) == 1 ? 0 : 1;
}
)";

const char* const project = R"(cmake_minimum_required(VERSION 3.20)
project(xor LANGUAGES CXX)
find_package(tinytorch REQUIRED)
add_executable(xor xor.cpp)
target_link_libraries(xor PRIVATE tinytorch::tinytorch)
)";

}  // namespace

TEST_CASE("After every export the package builds by itself and another project trains XOR with it",
          "[package][limit:900]") {
  Sandbox box(TEST_KIT);
  box.init(true);
  for (const std::string& slug : slugs()) {
    const Run exported = box.tito({"export", slug});
    INFO(exported.out << exported.err);
    REQUIRE(exported.status == 0);
  }
  // Moved away from its workspace, so that nothing of the course is in reach.
  const fs::path package = box.root() / "elsewhere" / "package", project_folder = box.root() / "xor";
  fs::create_directories(package.parent_path());
  fs::rename(box.path("package"), package);
  fs::remove_all(box.workspace());
  const std::string build = (package / "build").string(), installed = (box.root() / "installed").string();
  check_runs(box, {TEST_CMAKE, "-S", package.string(), "-B", build});
  check_runs(box, {TEST_CMAKE, "--build", build, "-j2"});

  fs::create_directories(project_folder);
  tito::write_atomically(project_folder / "xor.cpp", program);
  tito::write_atomically(project_folder / "CMakeLists.txt", project);
  const auto check_builds_with = [&](const std::string& prefix, const std::string& name) {
    const std::string out = (box.root() / name).string();
    check_runs(box, {TEST_CMAKE, "-S", project_folder.string(), "-B", out, "-DCMAKE_PREFIX_PATH=" + prefix});
    check_runs(box, {TEST_CMAKE, "--build", out});
    check_runs(box, {out + "/xor"});
  };
  check_builds_with(build, "from-build");
  check_runs(box, {TEST_CMAKE, "--install", build, "--prefix", installed});
  check_builds_with(installed, "from-installed");
}
