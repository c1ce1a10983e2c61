// The student's package: ten exports, built outside the course, found by another project, training XOR.
#include <cstdlib>
#include <filesystem>

#include "judge/cases/case.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;

bool run(const std::string& command, const fs::path& log) {
  if (std::system((command + " >" + log.string() + " 2>&1 </dev/null").c_str()) == 0) return true;
  WARN(command << "\n" << tito::read_file(log));
  judge::set_detail({"exit 0", tito::read_file(log), command});
  return false;
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

TEST_CASE("After ten exports the package builds by itself and another project trains XOR with it",
          "[package][limit:900]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path root = folder.path(), log = root / "log";
  const std::string tito = "TITO_KIT=" TEST_KIT " " TEST_TITO;
  const std::string in_workspace = " --workspace " + (root / "w").string();
  REQUIRE(run(tito + " init " + (root / "w").string(), log));
  REQUIRE(run(tito + " dev fill all" + in_workspace, log));
  for (int number = 1; number <= 10; ++number) {
    CHECK(run(tito + " export " + std::to_string(number) + in_workspace, log));
    judge::clear_detail();
  }
  // Moved away from its workspace, so that nothing of the course is in reach.
  fs::create_directories(root / "elsewhere");
  fs::rename(root / "w" / "package", root / "elsewhere" / "package");
  fs::remove_all(root / "w");
  const std::string package = (root / "elsewhere" / "package").string(), build = package + "/build";
  CHECK(run(TEST_CMAKE " -S " + package + " -B " + build, log));
  CHECK(run(TEST_CMAKE " --build " + build + " -j2", log));

  fs::create_directories(root / "xor");
  tito::write_atomically(root / "xor" / "xor.cpp", program);
  tito::write_atomically(root / "xor" / "CMakeLists.txt", project);
  const auto builds_with = [&](const std::string& prefix, const std::string& name) {
    const std::string out = (root / name).string();
    CHECK(run(TEST_CMAKE " -S " + (root / "xor").string() + " -B " + out + " -DCMAKE_PREFIX_PATH=" + prefix, log));
    CHECK(run(TEST_CMAKE " --build " + out, log));
    CHECK(run(out + "/xor", log));
    judge::clear_detail();
  };
  builds_with(build, "from-build");
  CHECK(run(TEST_CMAKE " --install " + build + " --prefix " + (root / "installed").string(), log));
  builds_with((root / "installed").string(), "from-installed");
}
