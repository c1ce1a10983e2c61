// safetensors between programs: what save() writes, read by parsers written from the format's description alone,
// and files made by the rules that other programs follow.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "io/safetensors.hpp"
#include "judge/cases/case.hpp"
#include "tests/support/temporary_file.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

using namespace tinytorch;

namespace {

struct Foreign {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

// The format as its description has it: length, header, data, every number assembled byte by byte.
std::map<std::string, Foreign> parse(const std::string& content) {
  const auto byte = [&](std::size_t at) { return std::uint64_t{static_cast<std::uint8_t>(content.at(at))}; };
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= byte(i) << (8 * i);
  const nlohmann::json header = nlohmann::json::parse(content.substr(8, length));
  std::map<std::string, Foreign> arrays;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    REQUIRE(entry.at("dtype") == "F32");
    Foreign& array = arrays[name];
    array.shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const std::uint64_t begin = entry.at("data_offsets").at(0), end = entry.at("data_offsets").at(1);
    for (std::uint64_t at = 8 + length + begin; at < 8 + length + end; at += 4) {
      const std::uint64_t bits = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
      array.values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    }
  }
  return arrays;
}

// A small network after a few steps of the Trainer.
void train(Sequential& model) {
  const Tensor inputs({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor targets({4}, {0, 1, 1, 0});
  OneAtATime data(inputs, targets, judge::seed());
  Adam adam(model.parameters(), 0.05F);
  Trainer(model, adam, loss<CrossEntropyLoss>()).fit(data, 3);
}

// One array of a file made by hand, in the order of the header.
struct Part {
  std::string name;
  std::string shape;
  std::size_t data_order;  // where its data lie among those of the others
  std::vector<float> values;
};

// A file as other programs make them: the header in the order given, the data in another, keys in another order.
std::string file_of(const std::vector<Part>& parts, const std::string& metadata, bool padded) {
  std::vector<const Part*> by_data;
  for (const Part& part : parts) by_data.push_back(&part);
  std::sort(by_data.begin(), by_data.end(), [](const Part* a, const Part* b) { return a->data_order < b->data_order; });
  std::map<std::string, std::string> offsets;
  std::string data;
  for (const Part* part : by_data) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(part->values.data()), part->values.size() * sizeof(float));
    offsets[part->name] = "[" + std::to_string(begin) + "," + std::to_string(data.size()) + "]";
  }
  std::string header = "{" + metadata;
  int number = 0;
  for (const Part& part : parts) {
    const std::vector<std::string> keys{R"("dtype":"F32")", R"("shape":)" + part.shape,
                                        R"("data_offsets":)" + offsets[part.name]};
    if (header.size() > 1) header += ",";
    const int first = number++;
    header += "\"" + part.name + "\":{";
    for (int i = 0; i < 3; ++i) header += (i > 0 ? "," : "") + keys[static_cast<std::size_t>((first + i) % 3)];
    header += "}";
  }
  header += "}";
  while (padded && header.size() % 8 != 0) header += ' ';
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return length + header + data;
}

// Prints name, extents and bits of every value, one array a line; of Python's own libraries it uses json and struct.
const char* const python_reader = R"(
import json, struct, sys
content = open(sys.argv[1], 'rb').read()
length, = struct.unpack('<Q', content[:8])
header = json.loads(content[8:8 + length])
data = content[8 + length:]
for name in sorted(header):
    entry = header[name]
    assert entry['dtype'] == 'F32'
    begin, end = entry['data_offsets']
    bits = struct.unpack('<%dI' % ((end - begin) // 4), data[begin:end])
    print(name, *entry['shape'], ':', *bits)
)";

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) text.append(block, got);
  CHECK(pclose(pipe) == 0);
  return text;
}

// What python_reader is to print of a model.
std::string lines_of(const Layer& model) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, tensor] : model.state()) {
    std::string& line = lines[name];
    line = name;
    for (const std::int64_t extent : tensor.shape()) line += " " + std::to_string(extent);
    line += " :";
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      line += " " + std::to_string(std::bit_cast<std::uint32_t>(tensor.data()[i]));
    }
  }
  std::string text;
  for (const auto& [name, line] : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("What save() writes after training is read by a parser of its own", "[interop]") {
  const TestFolder folder;
  Rng rng(judge::seed());
  Sequential model;
  model.add<Linear>(2, 8, rng);
  model.add<Activation<Tanh>>();
  model.add<Linear>(8, 2, rng);
  train(model);
  save(model, folder.file("model.safetensors"));

  const std::map<std::string, Foreign> arrays = parse(read_bytes(folder.file("model.safetensors")));
  const auto state = model.state();
  CHECK(arrays.size() == state.size());
  for (const auto& [name, tensor] : state) {
    CAPTURE(name);
    REQUIRE(arrays.contains(name));
    const Foreign& array = arrays.at(name);
    CHECK(array.shape == std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end()));
    REQUIRE(array.values.size() == static_cast<std::size_t>(tensor.size()));
    CHECK(std::memcmp(array.values.data(), tensor.data(), array.values.size() * sizeof(float)) == 0);
  }

  if (std::system("command -v python3 >/dev/null") != 0) {
    WARN("python3 is not here: the second parser is skipped");
    return;
  }
  std::ofstream(folder.file("read.py")) << python_reader;
  CHECK(output_of("python3 " + folder.file("read.py") + " " + folder.file("model.safetensors")) == lines_of(model));
}

TEST_CASE("Files made by other programs' rules are read", "[interop]") {
  const TestFolder folder;
  std::mt19937_64 random(judge::seed());
  const std::string path = folder.file("foreign.safetensors");
  std::vector<Part> parts{{"z.weight", "[2,3]", 0, {1, 2, 3, 4, 5, 6}},
                          {"a.bias", "[2]", 1, {-1, 0.5F}},
                          {"scalar", "[]", 2, {3.25F}},
                          {"nothing", "[0,4]", 3, {}},
                          {"nothing \xC3\xA4\xE2\x88\x82", "[5,0]", 4, {}},
                          {"\xE9\x87\x8D\xE3\x81\xBF.\xF0\x9F\x9C\x81", "[1,1,1]", 5, {-0.0F}}};
  const std::string metadata = R"("__metadata__":{"format":"pt","note":"\u00e4 \" {}"})";
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::shuffle(parts.begin(), parts.end(), random);
    std::vector<std::size_t> order(parts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t i = 0; i < order.size(); ++i) parts[i].data_order = order[i];
    const std::string content = file_of(parts, repeat % 3 == 0 ? "" : metadata, repeat % 2 == 0);
    write_bytes(path, content);

    const std::vector<io::NamedArray> arrays = io::read_safetensors(path);
    REQUIRE(arrays.size() == parts.size());
    for (const Part& part : parts) {
      CAPTURE(part.name);
      const auto found = std::find_if(arrays.begin(), arrays.end(),
                                      [&](const io::NamedArray& array) { return array.name == part.name; });
      REQUIRE(found != arrays.end());
      CHECK(nlohmann::json(found->shape).dump() == part.shape);
      REQUIRE(found->values.size() == part.values.size());
      for (std::size_t i = 0; i < part.values.size(); ++i) {
        CHECK(std::bit_cast<std::uint32_t>(found->values[i]) == std::bit_cast<std::uint32_t>(part.values[i]));
      }
    }
  }
}

TEST_CASE("A model's weights, put into a file by other programs' rules, are loaded", "[interop]") {
  const TestFolder folder;
  Rng rng(judge::seed());
  Sequential model;
  model.add<Linear>(1, 2, rng);
  const std::string path = folder.file("foreign.safetensors");
  std::ofstream(path, std::ios::binary) << file_of({{"0.weight", "[2,1]", 1, {1, 2}}, {"0.bias", "[2]", 0, {3, 4}}},
                                                   R"("__metadata__":{"format":"pt"})", false);
  load(model, path);
  const Tensor y = model.forward(Tensor({1, 1}, {10}));
  CHECK(y.data()[0] == 13);
  CHECK(y.data()[1] == 24);
}
