// io::read_npy and to_uint8: every type and order, and that every damaged file is refused.
#include "io/npy.hpp"

#include <sys/stat.h>

#include <algorithm>
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
using tinytorch::io::NpyArray;
using tinytorch::io::read_npy;
using tinytorch::io::to_uint8;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Extents = std::vector<std::int64_t>;

// A whole file with this text as its header.
std::string npy(const std::string& header, const std::string& values, char version = 1) {
  std::string content = "\x93NUMPY" + std::string{version, '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) content += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return content + header + values;
}

// As NumPy writes it: filled up with spaces so that the values are aligned.
std::string array(const std::string& dtype, const std::string& shape, const std::string& values, bool fortran = false,
                  char version = 1) {
  std::string header =
      "{'descr': '" + dtype + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + header.size() + 1) % 64 != 0) header += ' ';
  return npy(header + '\n', values, version);
}

std::string message_for(const std::string& content) {
  const TestFile file(content);
  try {
    read_npy(file.path());
  } catch (const IoError& error) {
    const std::string message = error.what();
    return message.starts_with(file.path() + ": ") ? message : "no file name in: " + message;
  }
  return "no error";
}

void check_refused(const std::string& content, const std::string& part) {
  const std::string message = message_for(content);
  CAPTURE(message, part);
  CHECK(contains(message, part));
  CHECK(contains(message, "expected"));
  CHECK(contains(message, "found"));
}

// The bytes of a number, most significant last or first.
template <class T>
std::string number(T value, bool big_endian) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

// Reads 0, 7, 255 in either byte order, and finds `wrong` refused as a byte.
template <class T>
void check_type(const std::string& type, T wrong) {
  for (const bool big_endian : {false, true}) {
    CAPTURE(type, big_endian);
    const std::string dtype = (sizeof(T) == 1 ? "|" : big_endian ? ">" : "<") + type;
    const T last = type == "i1" ? T{127} : static_cast<T>(255);
    const T numbers[] = {T{0}, T{7}, last};
    std::string values;
    for (const T value : numbers) values += number(value, big_endian);
    const TestFile file(array(dtype, "(3,)", values));
    const NpyArray read = read_npy(file.path());
    CHECK(read.dtype == type);
    CHECK(read.shape == Extents{3});
    REQUIRE(read.bytes.size() == sizeof numbers);
    CHECK(std::memcmp(read.bytes.data(), numbers, sizeof numbers) == 0);
    CHECK(to_uint8(read, file.path()) == Bytes{0, 7, static_cast<std::uint8_t>(last)});

    if (wrong == T{0}) continue;  // no value of the type is wrong
    file.write(array(dtype, "(2,)", number(T{1}, big_endian) + number(wrong, big_endian)));
    try {
      to_uint8(read_npy(file.path()), file.path());
      FAIL("nothing was thrown");
    } catch (const IoError& error) {
      CHECK(contains(error.what(), file.path() + ": value 1: expected a whole number from 0 to 255, found "));
    }
  }
}

}  // namespace

TEST_CASE("read_npy reads every type in either byte order, and to_uint8 refuses what is no byte", "[npy]") {
  check_type<std::uint8_t>("u1", 0);
  check_type<std::int8_t>("i1", -1);
  check_type<std::int16_t>("i2", 256);
  check_type<std::int32_t>("i4", -1);
  check_type<std::int64_t>("i8", std::int64_t{1} << 40);
  check_type<std::uint16_t>("u2", 256);
  check_type<std::uint32_t>("u4", 0x100);
  check_type<std::uint64_t>("u8", std::uint64_t{1} << 63);
  check_type<float>("f4", 2.5F);
  check_type<double>("f8", -1.0);
  check_type<double>("f8", std::numeric_limits<double>::quiet_NaN());
  check_type<float>("f4", std::numeric_limits<float>::infinity());
}

TEST_CASE("read_npy reads truth values and refuses any but 0 and 1", "[npy]") {
  const TestFile file(array("|b1", "(2,)", std::string("\1\0", 2)));
  CHECK(to_uint8(read_npy(file.path()), file.path()) == Bytes{1, 0});
  check_refused(array("|b1", "(2,)", std::string("\1\2", 2)), "value 1: expected 0 or 1, found 2");
}

TEST_CASE("read_npy reads versions 1.0, 2.0 and 3.0 and no others", "[npy]") {
  for (const char version : {char{1}, char{2}, char{3}}) {
    const TestFile file(array("|u1", "(2, 1)", "ab", false, version));
    CHECK(read_npy(file.path()).bytes == Bytes{'a', 'b'});
  }
  check_refused(array("|u1", "(1,)", "a", false, 4), "version: expected 1.0, 2.0 or 3.0, found 4.0");
  check_refused(array("|u1", "(1,)", "a", false, 0), "found 0.0");
  std::string minor = array("|u1", "(1,)", "a");
  minor[7] = 1;
  check_refused(minor, "found 1.1");
}

TEST_CASE("read_npy brings an array in fortran order into rows", "[npy]") {
  // Element (i, j) of 2 x 3 is 10 i + j.
  const TestFile file(array("|u1", "(2, 3)", std::string("\x00\x0A\x01\x0B\x02\x0C", 6), true));
  const NpyArray read = read_npy(file.path());
  CHECK(read.shape == Extents{2, 3});
  CHECK(read.bytes == Bytes{0, 1, 2, 10, 11, 12});
}

TEST_CASE("Random arrays in fortran order are read like the same arrays in rows", "[npy]") {
  std::mt19937_64 random(judge::seed());
  for (int repeat = 0; repeat < 60; ++repeat) {
    std::vector<std::size_t> extents(random() % 5);
    std::string shape = "(";
    std::size_t count = 1;
    for (std::size_t& extent : extents) {
      extent = random() % 10 == 0 ? 0 : 1 + random() % 5;
      shape += std::to_string(extent) + ", ";
      count *= extent;
    }
    shape += ")";
    std::string rows, columns(count * 2, '\0');
    for (std::size_t at = 0; at < count; ++at) {
      // The place by the definition: the index of each axis, the first axis fastest.
      std::size_t rest = at, stride = count, to = 0;
      for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) {
        stride /= *extent;
        to += rest % *extent * stride;
        rest /= *extent;
      }
      const std::string value = number(static_cast<std::uint16_t>(random()), false);
      rows += value;
      columns.replace(to * 2, 2, value);
    }
    CAPTURE(shape);
    const TestFile plain(array("<u2", shape, rows)), column_major(array("<u2", shape, columns, true));
    CHECK(read_npy(plain.path()).bytes == Bytes(rows.begin(), rows.end()));
    CHECK(read_npy(column_major.path()).bytes == Bytes(rows.begin(), rows.end()));
    CHECK(read_npy(column_major.path()).shape == Extents(extents.begin(), extents.end()));
  }
}

TEST_CASE("read_npy reads a single number and an array without elements", "[npy]") {
  const TestFile file(array("<u2", "()", std::string("\5\0", 2)));
  CHECK(read_npy(file.path()).shape.empty());
  CHECK(to_uint8(read_npy(file.path()), file.path()) == Bytes{5});
  file.write(array("<f8", "(0, 28, 28)", ""));
  CHECK(read_npy(file.path()).shape == Extents{0, 28, 28});
  CHECK(read_npy(file.path()).bytes.empty());
}

TEST_CASE("read_npy takes the keys in any order, with any spaces and either quotes", "[npy]") {
  for (const char* header : {"{'shape':(2,),'fortran_order':False,'descr':'|u1'}\n",
                             "{ \"fortran_order\" : False , \"descr\" : \"|u1\" , \"shape\" : ( 2 , ) , } \n",
                             "   {'descr': '<u1', 'shape': (2, 1), 'fortran_order': False}\n"}) {
    CAPTURE(header);
    CHECK(message_for(npy(header, "ab")) == "no error");
  }
}

TEST_CASE("read_npy refuses a file that is cut off at any byte, and one with bytes behind", "[npy]") {
  const std::string content = array("<i4", "(2, 3)", std::string(24, 'a'));
  CHECK(message_for(content) == "no error");
  for (std::size_t length = 0; length < content.size(); ++length) {
    CAPTURE(length);
    check_refused(content.substr(0, length), "");
  }
  check_refused(content + "b", "values: expected 24 bytes, found 25");
}

TEST_CASE("read_npy refuses a wrong magic number", "[npy]") {
  for (std::size_t at = 0; at < 6; ++at) {
    std::string content = array("|u1", "(1,)", "a");
    content[at] = 'x';
    check_refused(content, "magic number: expected 0x93 and \"NUMPY\"");
  }
}

TEST_CASE("read_npy refuses every other header and says where", "[npy]") {
  const auto refused = [](const std::string& header, const std::string& part) {
    check_refused(npy(header, "ab"), part);
  };
  const std::string type = "'descr': '|u1'", order = "'fortran_order': False", shape = "'shape': (2,)";
  refused("", "header, byte 0: expected \"{\", found its end");
  refused("[]\n", "byte 0: expected \"{\", found \"[]?\"");
  refused("{" + type + ", " + order + "}\n", "the key \"shape\", found none");
  refused("{" + type + ", " + shape + "}\n", "the key \"fortran_order\", found none");
  refused("{" + order + ", " + shape + "}\n", "the key \"descr\", found none");
  refused("{" + type + ", " + order + ", " + shape + ", " + type + "}\n", "each key once, found \"descr\" twice");
  refused("{" + type + ", " + order + ", " + shape + ", 'more': 1}\n",
          "descr, fortran_order and shape, found \"more\"");
  refused("{" + type + " " + order + ", " + shape + "}\n", "expected \",\" or \"}\"");
  refused("{" + type + ", , " + order + ", " + shape + "}\n", "one of the keys");
  refused("{" + type + ", " + order + ", " + shape + "\n", "expected \",\" or \"}\"");
  refused("{" + type + ", " + order + ", " + shape + "}", "one line break at the end, found its end");
  refused("{" + type + ", " + order + ", " + shape + "}\n\n", "one line break at the end");
  refused("{" + type + ", " + order + ", " + shape + "} x\n", "one line break at the end");
  refused("{'descr' '|u1', " + order + ", " + shape + "}\n", "expected \":\"");
  refused("{'descr: |u1}\n", "its second quote");
  refused("{" + type + ", 'fortran_order': 0, " + shape + "}\n", "True or False");
  refused("{" + type + ", 'fortran_order': 'False', " + shape + "}\n", "True or False");
  refused("{'descr': [('a', '|u1')], " + order + ", " + shape + "}\n", "a type of element such as '<f4'");
}

TEST_CASE("read_npy refuses every other dtype by its name", "[npy]") {
  for (const char* dtype :
       {"<f2", "<f16", "<c8", "|S3", "<U3", "|O", "<M8[s]", "=i4", "|i4", "i4", "<i3", "<b8", "", "<"}) {
    check_refused(array(dtype, "(1,)", "a"), std::string("f4, f8, found \"") + dtype + "\"");
  }
}

TEST_CASE("read_npy refuses shapes that are no tuple of whole numbers, or not what the file holds", "[npy]") {
  check_refused(array("|u1", "(2)", "ab"), "expected a tuple");
  for (const char* shape :
       {"[2]", "2", "(-2,)", "(2.0,)", "(2L,)", "(02,)", "(,)", "(2,,)", "(1 2)", "(2", "('2',)", "(+2,)"}) {
    CAPTURE(shape);
    check_refused(array("|u1", shape, "ab"), "header");
  }
  check_refused(array("|u1", "(3,)", "ab"), "values: expected 3 bytes, found 2");
  check_refused(array("|u1", "(1,)", "ab"), "values: expected 1 bytes, found 2");
  check_refused(array("<f8", "(4611686018427387904, 4)", "ab"), "a possible size");
  check_refused(array("|u1", "(18446744073709551615,)", "ab"), "a possible size");
  check_refused(array("|u1", "(99999999999999999999,)", "ab"), "a possible size, found \"99999999999999999999\"");
  std::string deep = "(";
  for (int i = 0; i < 65; ++i) deep += "1,";
  check_refused(array("|u1", deep + ")", "a"), "at most 64 extents");
}

TEST_CASE("read_npy refuses what is no regular file without waiting for it", "[npy]") {
  const auto message_of = [](const std::string& path) {
    try {
      read_npy(path);
    } catch (const IoError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(contains(message_of("/nowhere/x.npy"), "/nowhere/x.npy: cannot be opened"));
  CHECK(contains(message_of("/dev/zero"), "expected a regular file, found a device"));
  CHECK(contains(message_of(std::filesystem::temp_directory_path().string()), "found a folder"));
  const TestFile pipe(std::string{});
  std::filesystem::remove(pipe.path());
  REQUIRE(mkfifo(pipe.path().c_str(), 0600) == 0);
  CHECK(contains(message_of(pipe.path()), "found a pipe"));
}
