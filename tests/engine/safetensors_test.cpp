// io::read_safetensors and write_safetensors: round trips, and every rule of the format.
#include "io/safetensors.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "tests/support/temporary_file.hpp"
#include "tinytorch/errors.hpp"

using tinytorch::IoError;
using tinytorch::ValueError;
using tinytorch::io::NamedArray;
using tinytorch::io::read_safetensors;
using tinytorch::io::write_safetensors;

namespace {

struct Folder : TestFolder {
  std::string file() const { return TestFolder::file("model.safetensors"); }
};

// A file with this header and so many bytes of data: 0, 1, 2 ..
std::string with_header(const std::string& header, std::size_t data_bytes) {
  std::string content(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(content.data(), &size, 8);
  content += header;
  for (std::size_t i = 0; i < data_bytes; ++i) content += static_cast<char>(i % 64);
  return content;
}

std::string message_for(const std::string& content) {
  const Folder folder;
  write_bytes(folder.file(), content);
  try {
    read_safetensors(folder.file());
  } catch (const IoError& error) {
    const std::string message = error.what();
    if (message.find(folder.file()) == std::string::npos) return "no file name in: " + message;
    return message;
  }
  return "no error";
}

// Checks that a header is refused with a message that has this part.
void check_refused(const std::string& header, std::size_t data_bytes, const std::string& part) {
  const std::string message = message_for(with_header(header, data_bytes));
  CAPTURE(header.substr(0, 200), message.substr(0, 300), part);
  CHECK(contains(message, "expected"));
  CHECK(contains(message, part));
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

std::vector<NamedArray> example() {
  return {{"0.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"0.bias", {2}, {-1, 0.5F}}, {"scale", {}, {3.25F}}};
}

}  // namespace

TEST_CASE("read_safetensors reads what write_safetensors writes", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  const std::vector<NamedArray> arrays = read_safetensors(folder.file());
  REQUIRE(arrays.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(arrays[i].name == example()[i].name);
    CHECK(arrays[i].shape == example()[i].shape);
    CHECK(arrays[i].values == example()[i].values);
  }
}

TEST_CASE("write_safetensors writes the documented bytes", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), {{"a", {2}, {1.0F, -2.0F}}});
  const std::string content = read_bytes(folder.file());
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  REQUIRE(content.size() > 8);
  std::uint64_t size = 0;
  std::memcpy(&size, content.data(), 8);
  REQUIRE(content.size() == 8 + size + 8);
  CHECK((8 + size) % 8 == 0);
  CHECK(content.substr(8, header.size()) == header);
  CHECK(content.substr(8 + header.size(), size - header.size()).find_first_not_of(' ') == std::string::npos);
  CHECK(content.substr(8 + size) == std::string("\x00\x00\x80\x3F\x00\x00\x00\xC0", 8));
}

TEST_CASE("Random arrays survive a round trip bit by bit", "[safetensors]") {
  std::mt19937_64 random(judge::seed());
  const Folder folder;
  for (int repeat = 0; repeat < 30; ++repeat) {
    std::vector<NamedArray> arrays;
    const std::size_t count = random() % 6;
    for (std::size_t i = 0; i < count; ++i) {
      NamedArray array;
      array.name = "array \"" + std::to_string(i) + "\" \xC3\xA4 \n/";
      std::size_t size = 1;
      const std::size_t rank = random() % 5;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        array.shape.push_back(static_cast<std::int64_t>(random() % 5));
        size *= static_cast<std::size_t>(array.shape.back());
      }
      for (std::size_t j = 0; j < size; ++j) {
        array.values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));  // NaN and infinity too
      }
      arrays.push_back(array);
    }
    write_safetensors(folder.file(), arrays);
    const std::vector<NamedArray> read = read_safetensors(folder.file());
    REQUIRE(read.size() == arrays.size());
    // Arrays without elements lie at the same place as their neighbours: compare by name.
    for (const NamedArray& array : arrays) {
      bool found = false;
      for (const NamedArray& other : read) {
        if (other.name != array.name) continue;
        found = true;
        CHECK(other.shape == array.shape);
        CHECK(same_bits(other.values, array.values));
      }
      CHECK(found);
    }
  }
}

TEST_CASE("read_safetensors accepts what other programs write", "[safetensors]") {
  const Folder folder;
  // Metadata, the second array first, spaces around.
  write_bytes(folder.file(), with_header(R"({"__metadata__": {"format": "pt", "dtype": "x"},
      "b": {"shape": [1], "data_offsets": [4, 8], "dtype": "F32"},
      "a": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}   )",
                                         8));
  const std::vector<NamedArray> arrays = read_safetensors(folder.file());
  REQUIRE(arrays.size() == 2);
  CHECK(arrays[0].name == "a");
  CHECK(arrays[0].shape == std::vector<std::int64_t>{1, 1});
  CHECK(arrays[0].values == std::vector<float>{std::bit_cast<float>(0x03020100U)});
  CHECK(arrays[1].name == "b");
  CHECK(arrays[1].values == std::vector<float>{std::bit_cast<float>(0x07060504U)});
}

TEST_CASE("read_safetensors reads a file without arrays", "[safetensors]") {
  const Folder folder;
  write_bytes(folder.file(), with_header("{}", 0));
  CHECK(read_safetensors(folder.file()).empty());
  write_safetensors(folder.file(), {});
  CHECK(read_safetensors(folder.file()).empty());
}

TEST_CASE("read_safetensors refuses a file that is cut off at any byte", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  const std::string content = read_bytes(folder.file());
  for (std::size_t length = 0; length < content.size(); ++length) {
    CAPTURE(length);
    CHECK(contains(message_for(content.substr(0, length)), "expected"));
  }
}

TEST_CASE("read_safetensors refuses bytes that no array covers", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  CHECK(contains(message_for(read_bytes(folder.file()) + '\0'), "data: expected 36 bytes, found 37"));
}

TEST_CASE("read_safetensors survives any one changed byte of the header", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  const std::string content = read_bytes(folder.file());
  std::mt19937_64 random(judge::seed());
  const std::size_t header_end = content.size() - 36;
  for (std::size_t at = 0; at < header_end; ++at) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(random());
    write_bytes(folder.file(), damaged);
    try {
      // A changed letter of a name is still a valid file.
      for (const NamedArray& array : read_safetensors(folder.file())) REQUIRE(array.values.size() <= 9);
    } catch (const IoError& error) {
      REQUIRE(contains(error.what(), folder.file()));
    }
  }
}

TEST_CASE("read_safetensors refuses a header length that the file does not hold", "[safetensors]") {
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{100'000'001}, std::uint64_t{1} << 40,
                                     std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63}) {
    std::string content(8, '\0');
    std::memcpy(content.data(), &length, 8);
    CHECK(contains(message_for(content + "{}"), "header length: expected at most 2"));
  }
}

TEST_CASE("read_safetensors refuses a header that is not a JSON object", "[safetensors]") {
  check_refused("", 0, "\"{\" at its beginning");
  check_refused(" {}", 0, "\"{\" at its beginning");
  check_refused("[]", 0, "\"{\" at its beginning");
  check_refused("{", 0, "JSON");
  check_refused("{}}", 0, "JSON");
  check_refused("{} x", 0, "JSON");
  check_refused("{\"a\":}", 0, "JSON");
  check_refused("{\"\xFF\": {}}", 0, "JSON");
  check_refused(std::string("{}\0", 3), 0, "JSON");
}

TEST_CASE("read_safetensors refuses entries that are not objects", "[safetensors]") {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "\"F32\"", "[]"}) {
    check_refused(std::string("{\"a\": ") + value + "}", 0, "\"a\": expected an object");
  }
}

TEST_CASE("read_safetensors refuses missing and unknown and repeated keys", "[safetensors]") {
  check_refused(R"({"a": {"shape": [1], "data_offsets": [0, 4]}})", 4, "expected dtype, found none");
  check_refused(R"({"a": {"dtype": "F32", "data_offsets": [0, 4]}})", 4, "expected shape, found none");
  check_refused(R"({"a": {"dtype": "F32", "shape": [1]}})", 4, "expected data_offsets, found none");
  check_refused(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "more": 1}})", 4, "found \"more\"");
  check_refused(R"({"a": {"dtype": "F32", "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})", 4, "twice");
  check_refused(R"({"a": {"dtype": "F32", "shape": [1], "shape": [1], "data_offsets": [0, 4]}})", 4, "twice");
  check_refused(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "data_offsets": [0, 4]}})", 4, "twice");
}

TEST_CASE("read_safetensors refuses a name that stands there twice", "[safetensors]") {
  const std::string entry = R"("a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})";
  check_refused("{" + entry + ", " + entry + "}", 0, "\"a\" twice");
  check_refused(R"({"__metadata__": {}, "__metadata__": {}})", 0, "twice");
}

TEST_CASE("read_safetensors refuses any dtype but F32", "[safetensors]") {
  for (const char* dtype : {"F16", "BF16", "F64", "I64", "f32", ""}) {
    check_refused(std::string(R"({"a": {"dtype": ")") + dtype + R"(", "shape": [1], "data_offsets": [0, 4]}})", 4,
                  "dtype: expected \"F32\"");
  }
  check_refused(R"({"a": {"dtype": 32, "shape": [1], "data_offsets": [0, 4]}})", 4, "dtype");
  check_refused(R"({"a": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}})", 4, "dtype");
}

TEST_CASE("read_safetensors refuses shapes that are not lists of whole numbers", "[safetensors]") {
  for (const char* shape : {"1", "\"1\"", "null", "{}", "[-1]", "[1.0]", "[\"1\"]", "[[1]]", "[null]", "[true]", "[{}]",
                            "[1e0]", "[99999999999999999999999]"}) {
    check_refused(std::string(R"({"a": {"dtype": "F32", "shape": )") + shape + R"(, "data_offsets": [0, 4]}})", 4,
                  "shape: expected");
  }
}

TEST_CASE("read_safetensors refuses shapes that do not fit their data", "[safetensors]") {
  for (const char* shape : {"[2]", "[0]", "[1, 1, 2]", "[4611686018427387904, 4]", "[18446744073709551615]",
                            "[4294967296, 4294967296, 4294967296]", "[0, 18446744073709551615]"}) {
    check_refused(std::string(R"({"a": {"dtype": "F32", "shape": )") + shape + R"(, "data_offsets": [0, 4]}})", 4,
                  "for its shape");
  }
}

TEST_CASE("read_safetensors refuses offsets that are not two numbers inside the data", "[safetensors]") {
  for (const char* offsets : {"[]", "[0]", "[0, 4, 8]"}) {
    check_refused(std::string(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": )") + offsets + "}}", 4,
                  "data_offsets: expected two offsets");
  }
  for (const char* offsets : {"[4, 0]", "[0, 8]", "[4, 8]", "[18446744073709551612, 0]"}) {
    check_refused(std::string(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": )") + offsets + "}}", 4,
                  "a part of 4 bytes");
  }
  check_refused(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, -4]}})", 4, "data_offsets");
  check_refused(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0.0, 4.0]}})", 4, "data_offsets");
}

TEST_CASE("read_safetensors refuses arrays that overlap or leave gaps", "[safetensors]") {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": )" + first +
           R"(}, "b": {"dtype": "F32", "shape": [1], "data_offsets": )" + second + "}}";
  };
  CHECK(message_for(with_header(two("[0, 4]", "[4, 8]"), 8)) == "no error");
  check_refused(two("[0, 4]", "[0, 4]"), 4, "gap or overlap");
  check_refused(two("[0, 4]", "[2, 6]"), 6, "gap or overlap");
  check_refused(two("[0, 4]", "[8, 12]"), 12, "gap or overlap");
  check_refused(two("[4, 8]", "[8, 12]"), 12, "gap or overlap");
  check_refused(two("[0, 4]", "[4, 8]"), 12, "data: expected 8 bytes, found 12");
}

TEST_CASE("read_safetensors refuses deep and endless headers without following them", "[safetensors]") {
  std::string deep = "{\"a\": ";
  for (int i = 0; i < 1'000'000; ++i) deep += '[';
  check_refused(deep, 0, "expected an object");
  std::string deep_objects;
  for (int i = 0; i < 200'000; ++i) deep_objects += "{\"a\": ";
  check_refused(deep_objects, 0, "expected");
  std::string deep_metadata = "{\"__metadata__\": {\"a\": ";
  for (int i = 0; i < 1'000'000; ++i) deep_metadata += '[';
  check_refused(deep_metadata, 0, "expected a string");
  std::string long_shape = R"({"a": {"dtype": "F32", "shape": [1)";
  for (int i = 0; i < 1'000'000; ++i) long_shape += ",1";
  check_refused(long_shape + R"(], "data_offsets": [0, 4]}})", 4, "at most 64 numbers");
}

TEST_CASE("read_safetensors refuses metadata that is not strings", "[safetensors]") {
  for (const char* value : {"1", "null", "{}", "[]", "true", "1.5"}) {
    check_refused(std::string("{\"__metadata__\": {\"a\": ") + value + "}}", 0, "__metadata__: expected a string");
  }
  check_refused("{\"__metadata__\": 1}", 0, "expected an object");
}

TEST_CASE("read_safetensors names a file that is not there and refuses a folder and a device", "[safetensors]") {
  const Folder folder;
  for (const std::string& path : {folder.file(), folder.path(), std::string("/dev/zero")}) {
    try {
      read_safetensors(path);
      FAIL("nothing was thrown");
    } catch (const IoError& error) {
      CHECK(contains(error.what(), path));
    }
  }
}

TEST_CASE("write_safetensors refuses what could not be read again", "[safetensors]") {
  const Folder folder;
  const auto refused = [&](const std::vector<NamedArray>& arrays) {
    CHECK_THROWS_AS(write_safetensors(folder.file(), arrays), ValueError);
    CHECK(folder.entries() == 0);
  };
  refused({{"a", {1}, {1}}, {"a", {1}, {2}}});
  refused({{"a", {2}, {1}}});
  refused({{"a", {}, {}}});
  refused({{"a", {0}, {1}}});
  refused({{"a", {-1, -1}, {1}}});
  refused({{"a", {std::int64_t{1} << 62, 4}, {}}});
  refused({{"a", {std::numeric_limits<std::int64_t>::min()}, {}}});
  refused({{"__metadata__", {1}, {1}}});
  refused({{"\xFF", {1}, {1}}});
}

TEST_CASE("write_safetensors replaces a file and leaves nothing else behind", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  write_safetensors(folder.file(), {{"b", {1}, {7}}});
  CHECK(folder.entries() == 1);
  REQUIRE(read_safetensors(folder.file()).size() == 1);
  CHECK(read_safetensors(folder.file())[0].values == std::vector<float>{7});
}

TEST_CASE("write_safetensors writes to a bare file name in the current folder", "[safetensors]") {
  const Folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_safetensors("model.safetensors", example());
  std::filesystem::current_path(before);
  CHECK(read_safetensors(folder.file()).size() == 3);
}

TEST_CASE("write_safetensors names a place where it cannot write", "[safetensors]") {
  const Folder folder;
  for (const std::string& path : {folder.path() + "/missing/model.safetensors", folder.path()}) {
    try {
      write_safetensors(path, example());
      FAIL("nothing was thrown");
    } catch (const IoError& error) {
      CHECK(contains(error.what(), path));
    }
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("When the disk is full the old file stays and no other is left", "[safetensors]") {
  const Folder folder;
  write_safetensors(folder.file(), example());
  const std::string before = read_bytes(folder.file());
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // A limit on file sizes makes write() fail as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    int result = 1;
    try {
      write_safetensors(folder.file(), {{"large", {100'000}, std::vector<float>(100'000)}});
    } catch (const IoError& error) {
      result = contains(error.what(), folder.file()) ? 0 : 2;
    }
    _exit(result);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(folder.entries() == 1);
  CHECK(read_bytes(folder.file()) == before);
}
