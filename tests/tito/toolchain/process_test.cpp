// Programs that run side by side in one tito.
#include "tito/toolchain/process.hpp"

#include <unistd.h>

#include <filesystem>
#include <future>
#include <string>

#include "judge/cases/case.hpp"
#include "tests/support/processes.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;

tito::ProcessResult run_script(const std::string& script) {
  tito::ProcessOptions options;
  options.student_code = true;
  options.limit_seconds = 60;
  return tito::run_process({"/bin/sh", "-c", script}, options);
}

}  // namespace

TEST_CASE("A program that ends takes nothing from one that runs beside it", "[process][limit:60]") {
  // Its own child included: what that reports must arrive.
  auto beside =
      std::async(std::launch::async, [] { return run_script("sleep 0.5; (sleep 0.2; echo all) | cat; exit 7"); });
  for (int i = 0; i < 20; ++i) CHECK(run_script("exit 0").succeeded());
  const tito::ProcessResult result = beside.get();
  CHECK_SAME(result.signal, 0);
  CHECK_SAME(result.exit_status, 7);
  CHECK_SAME(result.output, std::string("all\n"));
}

TEST_CASE("What a program leaves running is ended though another runs on beside it", "[process][limit:60]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const std::string seconds = "32." + std::to_string(::getpid()), started = (folder.path() / "started").string();
  auto beside = std::async(std::launch::async, [] { return run_script("sleep 0.5"); });
  CHECK(run_script("setsid sh -c 'echo > " + started + "; exec sleep " + seconds + "' & until [ -e " + started +
                   " ]; do sleep 0.01; done")
            .succeeded());
  CHECK_SAME(count_sleeping(seconds), 0);
  CHECK(beside.get().succeeded());
}
