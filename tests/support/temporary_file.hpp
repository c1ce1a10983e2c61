// Files that go when a case ends, for tests that link nothing of tito.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// `bytes`: a std::string, or a vector of bytes.
template <class Bytes>
void write_bytes(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TestFolder {
 public:
  TestFolder() {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("engine_tests." + std::to_string(::getpid()) + "." + std::to_string(++number));
    std::filesystem::create_directories(path_);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  auto entries() const { return std::distance(std::filesystem::directory_iterator(path_), {}); }

 private:
  std::filesystem::path path_;
};

// A folder with one file in it.
class TestFile {
 public:
  template <class Bytes>
  explicit TestFile(const Bytes& content, std::string name = "file") : name_(std::move(name)) {
    write(content);
  }
  template <class Bytes = std::vector<std::uint8_t>>
  void write(const Bytes& content) const {
    write_bytes(path(), content);
  }
  std::string path() const { return folder_.file(name_); }

 private:
  TestFolder folder_;
  std::string name_;
};
