// --json: every command prints one object of the documented schema. The same runs show that --quiet prints nothing and
// that a locale without UTF-8 sees ASCII alone.
#include <set>
#include <sstream>

#include "tests/support/json_pages.hpp"
#include "tests/support/json_schema.hpp"
#include "tests/support/tito.hpp"
#include "tito/commands/commands.hpp"

namespace {

const fs::path docs = fs::path(TEST_SOURCE_DIR) / "docs";

JsonSchema schema() { return JsonSchema(nlohmann::json::parse(tito::read_file(docs / "generated/json-schema.json"))); }

// A walk through the toy course in which every command is run; "DATA" is a folder that holds no set.
const std::vector<std::vector<std::string>> walk{{"next"},
                                                 {"module", "list"},
                                                 {"module", "test", "01"},
                                                 {"hint", "01"},
                                                 {"diff", "01"},
                                                 {"history"},
                                                 {"undo"},
                                                 {"report"},
                                                 {"dev", "fill", "all"},
                                                 {"module", "test", "01"},
                                                 {"module", "test", "all"},
                                                 {"solution", "01"},
                                                 {"diff", "01"},
                                                 {"export", "01"},
                                                 {"export", "02"},
                                                 {"next"},
                                                 {"module", "list"},
                                                 {"checkpoint", "status"},
                                                 {"checkpoint", "timeline"},
                                                 {"checkpoint", "test", "numbers"},
                                                 {"checkpoint", "test", "all"},
                                                 {"try", "01"},
                                                 {"demo", "01"},
                                                 {"milestone", "list"},
                                                 {"milestone", "run", "gauss"},
                                                 {"milestone", "list"},
                                                 {"bench", "01", "--seconds", "0.1"},
                                                 {"report"},
                                                 {"report", "--measure", "--seconds", "0.2"},
                                                 {"data", "list"},
                                                 {"data", "path", "mnist"},
                                                 {"data", "verify"},
                                                 {"data", "verify", "mnist"},
                                                 {"data", "remove", "mnist"},
                                                 {"data", "fetch", "no-such-set"},
                                                 {"data", "import", "mnist", "."},
                                                 {"data", "show", "mnist"},
                                                 {"module", "reset", "02"},
                                                 {"history"},
                                                 {"history", "02"},
                                                 {"undo"},
                                                 {"undo", "--to", "1"},
                                                 {"history", "--repair"},
                                                 {"update", "--dry-run"},
                                                 {"update"},
                                                 {"progress", "rebuild"},
                                                 {"editor"},
                                                 {"editor", "vscode"},
                                                 {"course", "analyze"},
                                                 {"course", "analyze", "--order", "total,count", "--svg", "order.svg"},
                                                 {"course", "suggest"},
                                                 {"course", "reorder", "--order", "count,total"},
                                                 {"course", "reorder", "--order", "count,total", "--track", "another"},
                                                 {"course", "new", "count"},
                                                 {"course", "check", "--quick"},
                                                 {"course", "check"},
                                                 {"doctor"},
                                                 {"info"},
                                                 {"completion", "bash"},
                                                 {"dev", "manual", "man"},
                                                 {"tour", "--keep", "tour"},
                                                 {"init", "another"}};

Run run_in(const Sandbox& box, std::vector<std::string> words, const std::string& option,
           const std::string& locale = "C.UTF-8") {
  if (!option.empty()) words.push_back(option);
  return box.tito(words, {"LC_ALL=" + locale, "TITO_DATA=" + (box.root() / "data").string()});
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

TEST_CASE("Every command has its object in the schema, and is run by these tests", "[json]") {
  CLI::App app;
  tito::Context context;
  tito::add_everything(app, context);
  const JsonSchema known = schema();
  std::set<std::string> run;
  for (const std::vector<std::string>& words : walk) {
    run.insert(words[0]);
    if (words.size() > 1) run.insert(words[0] + " " + words[1]);
  }
  for (const std::string& command : tito::all_commands(app)) {
    if (command == "watch") continue;  // it ends only with a key: tests/tito/commands/watch_test.cpp runs it
    INFO("tito " << command << ": add it to docs/json-members.json and to the walk of this file");
    CHECK(known.root().at("$defs").contains("tito " + command));
    CHECK(run.contains(command));
  }
}

TEST_CASE("Every command's object is what the schema says", "[json][limit:600]") {
  Sandbox box;
  const JsonSchema known = schema();
  box.init();
  for (const std::vector<std::string>& words : walk) {
    const Run run = run_in(box, words, "--json");
    INFO("tito " << joined(words) << " --json\n" << run.out << run.err);
    CHECK_SAME(known.problems(run.json()), std::vector<std::string>{});
    CHECK_SAME(run.json().at("ok"), run.status == 0);
    CHECK_SAME(run.json().contains("error"), !run.err.empty());
  }
}

TEST_CASE("The objects of work that fails are what the schema says, too", "[json][limit:300]") {
  Sandbox box;
  const JsonSchema known = schema();
  box.init(true);
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"i <= n", "i < n"}, {"numbers.push_back(i);", "numbers.push_bak(i);"}, {"int evens(", "int odds("}};
  for (const auto& [right, wrong] : mistakes) {
    box.edit("modules/01_count/count.cpp", right, wrong);
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"module", "test", "01"},
                                               {"export", "01"},
                                               {"hint", "01"},
                                               {"try", "01"},
                                               {"demo", "01"},
                                               {"bench", "01", "--seconds", "0.1"},
                                               {"diff", "01"},
                                               {"report"}}) {
      const Run run = run_in(box, words, "--json");
      INFO("tito " << joined(words) << " --json with " << wrong << "\n" << run.out << run.err);
      CHECK_SAME(known.problems(run.json()), std::vector<std::string>{});
    }
    CHECK_SAME(run_in(box, {"module", "test", "01"}, "--json").status, 1);
    box.edit("modules/01_count/count.cpp", wrong, right);
  }
}

TEST_CASE("tito watch --json prints an object of the schema on each line, the last one of its end",
          "[json][limit:120]") {
  Sandbox box;
  const JsonSchema known = schema();
  box.init(true);
  const fs::path script = box.root() / "script";
  tito::write_atomically(
      script, "exec 3< <(exec \"$1\" watch 01 --json)\nread -r line <&3\nkill -TERM $!\necho \"$line\"\ncat <&3\n");
  const Run run =
      box.run({"bash", script.string(), TEST_TITO}, box.workspace(), {std::string("TITO_KIT=") + TEST_TOY_KIT});
  std::istringstream lines(run.out);
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(nlohmann::json::parse(line));
  INFO(run.out << run.err);
  REQUIRE(objects.size() == 2);
  for (const nlohmann::json& object : objects) CHECK_SAME(known.problems(object), std::vector<std::string>{});
  CHECK_SAME(objects[0].at("passed"), objects[0].at("planned"));
  CHECK(!objects[1].contains("planned"));
}

TEST_CASE("The schema refuses what a command does not print", "[json]") {
  const JsonSchema known = schema();
  nlohmann::json right = {{"schema", "tito/1"}, {"command", "dev fill"}, {"ok", true}, {"filled", {"count"}}};
  CHECK_SAME(known.problems(right), std::vector<std::string>{});
  const nlohmann::json changes{
      {"schema", "tito/2"}, {"ok", 1}, {"filled", "count"}, {"command", "dance"}, {"surprise", 1}};
  for (const auto& [key, value] : changes.items()) {
    nlohmann::json wrong = right;
    wrong[key] = value;
    INFO(wrong.dump());
    CHECK(!known.problems(wrong).empty());
  }
  right.erase("filled");
  CHECK(!known.problems(right).empty());
}

TEST_CASE("The schema and the page of --json are what docs/json-members.json says", "[json]") {
  const nlohmann::json source = nlohmann::json::parse(tito::read_file(docs / "json-members.json"));
  const std::map<fs::path, std::string> pages{
      {docs / "generated/json-schema.json", schema_text(schema_of(source)) + "\n"},
      {docs / "generated/json.md", page_of(source)}};
  for (const auto& [file, text] : pages) {
    if (std::getenv("TITO_WRITE_PAGE") != nullptr) tito::write_atomically(file, text);
    INFO(file << ": TITO_WRITE_PAGE=1 build/bin/tito_tests \"[json]\" writes it anew");
    CHECK(tito::read_file(file) == text);
  }
}

TEST_CASE("With a locale that is not UTF-8 every command prints ASCII alone", "[json][limit:600]") {
  Sandbox box;
  box.init();
  for (const std::vector<std::string>& words : walk) {
    const Run run = run_in(box, words, "", "C");
    INFO("tito " << joined(words) << "\n" << run.out << run.err);
    CHECK(is_ascii(run.out));
    CHECK(is_ascii(run.err));
  }
}

TEST_CASE("With --quiet no command prints a result, and errors are still named", "[json][limit:600]") {
  Sandbox box;
  box.init();
  for (const std::vector<std::string>& words : walk) {
    if (words[0] == "tour") continue;  // long, and run twice already
    const Run run = run_in(box, words, "--quiet");
    INFO("tito " << joined(words) << " --quiet\n" << run.err);
    CHECK_SAME(run.out, std::string());
  }
  CHECK_SAME(box.tito({"next", "--quiet"}).status, 0);
  CHECK_CONTAINS(box.tito({"module", "test", "nonsense", "-q"}).err, "nonsense");
  CHECK_SAME(box.tito({"next", "--quiet", "--json"}).json().at("command"), "next");  // what was asked for by name
}

TEST_CASE("With --verbose the programs that tito runs and the compiler's words stand on standard error",
          "[json][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit("modules/01_count/count.cpp", "#include", "#warning a word of the compiler\n#include");
  const Run silent = box.tito({"module", "test", "01"});
  CHECK(silent.err.empty());
  const Run run = box.tito({"module", "test", "01", "--verbose"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.err, " -std=c++20 ");
  CHECK_CONTAINS(run.err, "count.cpp -o ");
  CHECK_CONTAINS(run.err, "#warning a word of the compiler");
  CHECK(!contains(run.out, "-std=c++20"));
}
