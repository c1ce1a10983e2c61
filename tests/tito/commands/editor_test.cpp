// What editors are told: clangd is run on a workspace as an editor does it, in a conversation over its standard input.
#include <algorithm>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/course.hpp"

namespace {

using nlohmann::json;

std::string framed(json message) {
  message["jsonrpc"] = "2.0";
  const std::string text = message.dump();
  return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

// clangd's messages after it was given a file and asked about one place in it.
std::vector<json> converse(const Sandbox& box, const std::string& file, int line, int character) {
  const std::string uri = "file://" + box.path(file).string();
  const json document = {
      {"uri", uri}, {"languageId", "cpp"}, {"version", 1}, {"text", tito::read_file(box.path(file))}};
  std::string talk =
      framed({{"id", 1},
              {"method", "initialize"},
              {"params", {{"processId", nullptr}, {"rootUri", nullptr}, {"capabilities", json::object()}}}});
  talk += framed({{"method", "initialized"}, {"params", json::object()}});
  talk += framed({{"method", "textDocument/didOpen"}, {"params", {{"textDocument", document}}}});
  talk += framed(
      {{"id", 2},
       {"method", "textDocument/hover"},
       {"params", {{"textDocument", {{"uri", uri}}}, {"position", {{"line", line}, {"character", character}}}}}});
  talk += framed({{"id", 3}, {"method", "shutdown"}});
  talk += framed({{"method", "exit"}});
  tito::write_atomically(box.root() / "talk.txt", talk);
  const Run run = box.run({"sh", "-c", "timeout 60 clangd --sync --background-index=false --log=error <../talk.txt"},
                          box.workspace());
  INFO(run.err);
  REQUIRE(run.status == 0);
  std::vector<json> messages;
  for (std::size_t at = 0; (at = run.out.find("Content-Length: ", at)) != std::string::npos;) {
    const std::size_t size = std::stoul(run.out.substr(at + 16)), begin = run.out.find("\r\n\r\n", at) + 4;
    messages.push_back(json::parse(run.out.substr(begin, size)));
    at = begin + size;
  }
  return messages;
}

// Errors and warnings; that clangd looked at the file at all is checked.
std::vector<std::string> complaints(const std::vector<json>& messages) {
  std::vector<std::string> found;
  bool looked = false;
  for (const json& message : messages) {
    if (message.value("method", "") != "textDocument/publishDiagnostics") continue;
    looked = true;
    for (const json& diagnostic : message.at("params").at("diagnostics")) found.push_back(diagnostic.at("message"));
  }
  CHECK(looked);
  return found;
}

}  // namespace

TEST_CASE("clangd has no complaint about the three smallest reference bodies", "[editor][limit:180]") {
  Sandbox box(TEST_KIT);
  if (!has_program("clangd")) return;
  box.init(true);
  std::vector<std::pair<std::uintmax_t, std::string>> bodies;
  for (const auto& entry : fs::recursive_directory_iterator(box.path("modules"))) {
    if (entry.path().extension() == ".cpp")
      bodies.emplace_back(entry.file_size(), fs::relative(entry.path(), box.workspace()).string());
  }
  std::sort(bodies.begin(), bodies.end());
  REQUIRE(bodies.size() >= 3);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(bodies[i].second);
    CHECK_SAME(complaints(converse(box, bodies[i].second, 0, 0)), std::vector<std::string>());
  }
}

TEST_CASE("clangd sees a mistake, so that its silence means something", "[editor][limit:60]") {
  Sandbox box;
  if (!has_program("clangd")) return;
  box.init(true);
  box.edit("modules/01_count/count.cpp", "int count = 0;", "int count = nought;");
  const std::vector<std::string> found = complaints(converse(box, "modules/01_count/count.cpp", 0, 0));
  REQUIRE(found.size() == 1);
  CHECK_CONTAINS(found[0], "nought");
}

TEST_CASE("Over a method, clangd shows what the contract's header says of it", "[editor][limit:120]") {
  Sandbox box(TEST_KIT);
  if (!has_program("clangd")) return;
  box.init();
  const std::string file = "modules/04_layers/layers.cpp", name = "Linear::";
  const std::string source = tito::read_file(box.path(file));
  const std::size_t at = source.find(name + "Linear(");
  REQUIRE(at != std::string::npos);
  const auto line =
      static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  const std::size_t start = source.rfind('\n', at) + 1;
  std::string hover;
  for (const json& message : converse(box, file, line, static_cast<int>(at - start + name.size()))) {
    if (message.value("id", 0) == 2) hover = message.at("result").dump();
  }
  CHECK_CONTAINS(hover, "bias zero");  // from the comment above the constructor in the header
}

TEST_CASE("init and editor tell editors where the workspace is now", "[editor][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_CONTAINS(tito::read_file(box.path("compile_commands.json")), box.workspace().string());
  const fs::path moved = box.root() / "moved";
  fs::rename(box.workspace(), moved);
  REQUIRE(box.run({TEST_TITO, "editor"}, moved, {"TITO_KIT=" TEST_TOY_KIT}).status == 0);
  CHECK_SAME(json::parse(tito::read_file(moved / "compile_commands.json")).at(0).at("directory"), moved.string());
}

TEST_CASE("editor vscode writes tasks and leaves other tasks alone", "[editor][limit:60]") {
  Sandbox box;
  box.init();
  REQUIRE(box.tito({"editor", "vscode"}).status == 0);
  const json tasks = json::parse(tito::read_file(box.path(".vscode/tasks.json"))).at("tasks");
  std::vector<std::string> labels;
  for (const json& task : tasks) labels.push_back(task.at("label"));
  const std::vector<std::string> expected{"tito: test", "tito: export", "tito: next", "tito: watch"};
  CHECK_SAME(labels, expected);
  CHECK_SAME(box.tito({"editor", "vscode"}).status, 0);
  tito::write_atomically(box.path(".vscode/tasks.json"), "{}\n");
  const Run refused = box.tito({"editor", "vscode"});
  CHECK_SAME(refused.status, 2);
  CHECK_CONTAINS(refused.err, "was not changed");
  CHECK_SAME(tito::read_file(box.path(".vscode/tasks.json")), "{}\n");
}
