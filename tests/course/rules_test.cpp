// The rules of ARCHITECTURE.md, checked on the sources and the built programs. Those about the course itself are held
// by "tito course check" (CTest: course.check).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <set>

#include "judge/case.hpp"
#include "tito/commands/commands.hpp"
#include "tito/course/course.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path root = TEST_SOURCE_DIR;
const tito::Course& course() {
  static const tito::Course loaded(root / "modules" / "course.json");
  return loaded;
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".cpp" || ending == ".hpp") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The files that a source includes with quotes.
std::vector<std::string> includes_of(const fs::path& file) {
  const std::string text = tito::read_file(file);
  const std::regex include("(^|\n)[ \t]*#[ \t]*include[ \t]*\"([^\"]+)\"");
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) found.push_back((*at)[2]);
  return found;
}

// "actions" for tito/actions/x.cpp, also from folders below.
std::string room_of(const fs::path& file) { return std::next(file.lexically_relative(root).begin())->string(); }

// A source without its comments.
std::string code_of(const fs::path& file) {
  return std::regex_replace(tito::read_file(file), std::regex("//[^\n]*"), "");
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char block[4096];
  while (std::size_t got = std::fread(block, 1, sizeof block, pipe)) text.append(block, got);
  text += "[exit " + std::to_string(::pclose(pipe)) + "]";
  return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string compile_flags = " -std=c++20 -Wall -Wextra -Wpedantic -Wno-unused-parameter -Werror -I" +
                                  (root / "engine/include").string() + " -I" + (root / "engine").string() + " -I" +
                                  root.string() + " ";

}  // namespace

TEST_CASE("Every contract header compiles alone, without a warning", "[rules][limit:120]") {
  for (const fs::path& header : sources_below(root / "engine" / "include")) {
    const std::string output =
        output_of(TEST_COMPILER + compile_flags + "-fsyntax-only -include " + header.string() + " -x c++ /dev/null");
    INFO(output);
    CHECK(contains(output, "[exit 0]"));
  }
}

TEST_CASE("tito links no engine: neither OpenBLAS nor a symbol of tinytorch", "[rules][limit:60]") {
  const std::string libraries = output_of("ldd " TEST_TITO);
  CHECK(contains(libraries, "libnettle"));
  CHECK(!contains(libraries, "blas"));
  CHECK(!contains(libraries, "libcurl"));  // loaded by a transfer alone: every command would wait for it
  const std::string symbols = output_of(TEST_NM " -C " TEST_TITO);
  CHECK(contains(symbols, "tito::Course"));
  CHECK(!contains(symbols, "tinytorch::"));
}

TEST_CASE("Kernels and readers know no Tensor", "[rules]") {
  for (const char* folder : {"kernels", "io"}) {
    for (const fs::path& file : sources_below(root / "engine" / folder)) {
      for (const std::string& include : includes_of(file)) {
        INFO(file << " includes " << include);
        CHECK((!include.starts_with("tinytorch/") || include == "tinytorch/errors.hpp"));
      }
    }
  }
}

TEST_CASE("Only one file includes cblas.h", "[rules]") {
  std::vector<std::string> users;
  for (const char* folder : {"engine", "modules", "judge", "tito", "checkpoints", "bench"}) {
    for (const fs::path& file : sources_below(root / folder)) {
      if (contains(tito::read_file(file), "cblas.h")) users.push_back(file.filename().string());
    }
  }
  CHECK_SAME(users, std::vector<std::string>{"blas.cpp"});
}

TEST_CASE("Inside tito only ui prints and only toolchain starts processes", "[rules]") {
  const std::regex printing("std::cout|std::cerr|printf\\(|fputs\\(|puts\\(|fwrite\\(|fmt::print");
  const std::regex starting("\\bfork\\(|\\bexecv|posix_spawn|std::system|popen\\(");
  for (const fs::path& file : sources_below(root / "tito")) {
    const std::string text = std::regex_replace(code_of(file), std::regex("\"(\\\\.|[^\"\\\\\n])*\""), "\"\"");
    INFO(file);
    CHECK((room_of(file) == "ui" || !std::regex_search(text, printing)));
    CHECK((room_of(file) == "toolchain" || !std::regex_search(text, starting)));
  }
}

TEST_CASE("Arrows inside tito point one way", "[rules]") {
  const std::map<std::string, std::set<std::string>> allowed{
      {"system", {}},
      {"course", {"system"}},
      {"data", {"system"}},
      {"toolchain", {"system"}},
      {"ui", {"system"}},
      {"actions", {"course", "data", "toolchain", "ui", "system"}},
      {"authoring", {"course", "data", "toolchain", "ui", "system"}},
      {"views", {"actions", "authoring", "course", "data", "toolchain", "ui", "system"}},
      {"commands", {"views", "actions", "authoring", "course", "data", "toolchain", "ui", "system"}},
      {"main.cpp", {"commands", "system"}}};
  std::map<std::string, std::map<std::string, int>> arrows;
  for (const fs::path& file : sources_below(root / "tito")) {
    const std::string from = room_of(file);
    INFO(file
         << " lies in no room of tito: move it into one, or give its folder a row in this test and ARCHITECTURE.md");
    REQUIRE(allowed.contains(from));
    for (const std::string& include : includes_of(file)) {
      const std::string to = room_of(root / include);
      ++arrows[from][to];
      INFO(file << " includes " << include << ": " << from << " may not know of " << to << ". Move what it needs to "
                << from << " or below, hand it over as an argument, or move the file up");
      CHECK(include.starts_with("tito/"));
      CHECK((to == from || allowed.at(from).contains(to)));
    }
  }
  for (const auto& [from, targets] : arrows) {
    std::string line = from + " ->";
    for (const auto& [to, count] : targets) line += " " + to + " " + std::to_string(count);
    UNSCOPED_INFO(line);
  }
  CHECK(arrows.size() == allowed.size());
}

TEST_CASE("Every command has a file that is called as it is, below the folder of its heading", "[rules]") {
  tito::Context context;
  CLI::App app;
  tito::add_everything(app, context);
  const std::vector<std::string> commands = tito::all_commands(app);
  CHECK(commands.size() > 30);
  for (const std::string& command : commands) {
    std::string name = command;
    std::replace(name.begin(), name.end(), ' ', '_');
    std::string heading = app.get_subcommand(command.substr(0, command.find(' ')))->get_group();
    std::transform(heading.begin(), heading.end(), heading.begin(), [](unsigned char c) { return std::tolower(c); });
    INFO("tito " << command);
    CHECK(fs::exists(root / "tito" / "commands" / heading / (name + ".cpp")));
  }
}

TEST_CASE("The library neither prints nor aborts", "[rules]") {
  const std::regex forbidden("std::cout|std::cerr|\\bprintf\\(|\\babort\\(|std::terminate|\\bassert\\(|\\bexit\\(");
  const tito::Track& track = course().track(course().default_track());
  std::vector<fs::path> files = sources_below(root / "engine");
  for (const std::string& slug : track.order)
    files.push_back(root / "modules" / tito::folder_name(track, slug) / (slug + ".cpp"));
  for (const fs::path& file : files) {
    INFO(file);
    CHECK(!std::regex_search(code_of(file), forbidden));
  }
}

TEST_CASE("The list of modules stands in course.json alone", "[rules]") {
  // A file of the build or of tito that names three modules or more holds a list of them.
  std::vector<fs::path> files = sources_below(root / "tito");
  for (const auto& part : fs::directory_iterator(root / "cmake/course")) files.push_back(part.path());
  for (const fs::path& more :
       {root / "CMakeLists.txt", root / "modules/CMakeLists.txt", root / "tests/CMakeLists.txt",
        root / "cmake/course.cmake", root / "bootstrap", root / "engine/package/CMakeLists.txt"}) {
    files.push_back(more);
  }
  for (const fs::path& file : files) {
    const std::string text = tito::read_file(file);
    int named = 0;
    for (const char* slug : {"activations", "losses", "optimizers", "autograd", "spatial", "dataloader"}) {
      if (std::regex_search(text, std::regex(std::string("\"") + slug + "\"|_" + slug + "\\b"))) ++named;
    }
    INFO(file);
    CHECK(named < 3);
  }
}

TEST_CASE("Skeletons hold nothing of the solutions", "[rules]") {
  const tito::Track& track = course().track(course().default_track());
  for (const std::string& slug : track.order) {
    const fs::path reference = root / "modules" / tito::folder_name(track, slug) / (slug + ".cpp");
    const std::string source = tito::read_file(reference);
    const std::string skeleton = tito::make_skeleton(source, slug, reference.string());
    CHECK(!contains(skeleton, "SOLUTION"));
    for (const std::string& name : tito::solution_names(source, reference.string())) {
      INFO(name);
      CHECK(contains(skeleton, "throw NotImplemented(\"" + slug + "\", \"" + name + "\");"));
    }
  }
}

TEST_CASE("The packages that CMake asks for are those that bootstrap installs", "[rules]") {
  const std::string packages = tito::read_file(root / "packages.txt");
  const std::string dependencies = tito::read_file(root / "cmake/dependencies.cmake");
  const std::regex need("\ntito_need\\(\\S+ (\\S+)\\)");
  int found = 0;
  for (std::sregex_iterator at(dependencies.begin(), dependencies.end(), need), end; at != end; ++at, ++found) {
    INFO((*at)[1]);
    CHECK(std::regex_search(packages, std::regex("(^|\n)" + (*at)[1].str() + "(\\s|$)")));
  }
  CHECK(found >= 6);
}

TEST_CASE("No two files of a room share a name", "[rules]") {
  std::vector<fs::path> rooms{root / "engine/kernels", root / "engine/io", root / "judge"};
  for (const auto& entry : fs::directory_iterator(root / "tito")) {
    if (entry.is_directory()) rooms.push_back(entry.path());
  }
  for (const fs::path& room : rooms) {
    std::set<std::string> names;
    for (const fs::path& file : sources_below(room)) {
      INFO(file);
      CHECK(names.insert(file.filename().string()).second);
    }
  }
}
