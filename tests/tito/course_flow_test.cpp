// What is used where: symbols and entities, gaps and verdicts, and the search for orders; on made-up courses and on the
// toy course.
#include <algorithm>
#include <random>
#include <set>

#include "tito.hpp"
#include "tito/authoring/flow.hpp"
#include "tito/authoring/orders.hpp"
#include "tito/system/elf.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/symbol_name.hpp"

namespace {

using tito::Entities;
using tito::Flow;
using tito::Quality;
using tito::Usage;

// A course in which every module provides one entity of its own name.
class MadeUp {
 public:
  MadeUp& module(const std::string& slug, const std::vector<std::string>& body_uses,
                 const std::vector<std::string>& demo_uses) {
    usage_.provided[slug][slug] = {slug + "()"};
    usage_.users.push_back({slug, "", uses(body_uses)});
    return demo(slug, "demo", demo_uses);
  }

  MadeUp& demo(const std::string& slug, const std::string& name, const std::vector<std::string>& demo_uses) {
    usage_.users.push_back({slug, name, uses(demo_uses)});
    return *this;
  }

  Usage& usage() { return usage_; }

 private:
  static std::map<std::string, Entities> uses(const std::vector<std::string>& modules) {
    std::map<std::string, Entities> all;
    for (const std::string& one : modules) all[one] = {one};
    return all;
  }

  Usage usage_;
};

std::vector<std::string> qualities(const Flow& flow) {
  std::vector<std::string> names;
  for (const tito::Connection& one : flow.connections) names.push_back(name_of(one.quality));
  return names;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("A symbol belongs to the class or function of the contract that it is a part of", "[course_flow]") {
  const auto entity = [](const std::string& name) { return tito::entity_of(name, "toy"); };
  CHECK_SAME(entity("toy::Linear::forward(toy::Tensor const&)"), std::string("Linear"));
  CHECK_SAME(entity("vtable for toy::Linear"), std::string("Linear"));
  CHECK_SAME(entity("non-virtual thunk to toy::Linear::~Linear()"), std::string("Linear"));
  CHECK_SAME(entity("toy::sum(toy::Tensor const&)"), std::string("sum"));
  CHECK_SAME(entity("toy::sum(toy::Tensor const&) [clone .part.0]"), std::string("sum"));
  CHECK_SAME(entity("toy::to_string[abi:cxx11](toy::Tensor const&)"), std::string("to_string"));
  CHECK_SAME(entity("toy::operator<(toy::A const&, toy::B const&)"), std::string("operator<"));
  CHECK_SAME(entity("toy::operator-(toy::A const&)"), std::string("operator-"));
  CHECK_SAME(entity("toy::A::operator()(int) const"), std::string("A"));
  CHECK_SAME(entity("toy::Box<std::pair<int, toy::A> >::get() const"), std::string("Box"));
  CHECK_SAME(entity("std::vector<toy::A, std::allocator<toy::A> > toy::make<int>(int)"), std::string("make"));
  CHECK_SAME(entity("toy::(anonymous namespace)::helper(int)"), std::string());
  CHECK_SAME(entity("std::vector<toy::A, std::allocator<toy::A> >::~vector()"), std::string());
  CHECK_SAME(entity("toybox::A::get()"), std::string());
  CHECK_SAME(entity("main"), std::string());
  CHECK_SAME(tito::demangled("_ZN3toy1AC1Ev"), std::string("toy::A::A()"));
  CHECK_SAME(tito::demangled("main"), std::string("main"));
}

TEST_CASE("An object's symbols, and which refers to which, are read from the file", "[course_flow]") {
  Sandbox box;
  tito::write_atomically(
      box.root() / "a.cpp",
      "int elsewhere();\nint used() { return elsewhere() + 1; }\nint user() { return used() * 2; }\n"
      "struct Base { virtual ~Base(); virtual int get(); };\nstruct Leaf : Base { int get() override; };\n"
      "int Leaf::get() { return user(); }\nBase* make() { return new Leaf; }\n");
  CHECK_SAME(box.run({TEST_COMPILER, "-O0", "-c", "a.cpp", "-o", "a.o"}, box.root()).status, 0);
  const tito::SymbolTable table = tito::symbols_of(box.root() / "a.o");
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < table.symbols.size(); ++i) places[tito::demangled(table.symbols[i].name)] = i;
  CHECK(table.symbols[places.at("used()")].is_defined);
  CHECK(!table.symbols[places.at("elsewhere()")].is_defined);
  const auto refers = [&](const std::string& from, const std::string& to) {
    const std::pair wanted{places.at(from), places.at(to)};
    return std::find(table.references.begin(), table.references.end(), wanted) != table.references.end();
  };
  CHECK(refers("used()", "elsewhere()"));
  CHECK(refers("user()", "used()"));
  CHECK(refers("vtable for Leaf", "Leaf::get()"));
  CHECK(!refers("used()", "user()"));
}

TEST_CASE("A file that is no object file is refused by name, whatever its bytes", "[course_flow]") {
  Sandbox box;
  tito::write_atomically(box.root() / "a.cpp", "int f() { return 1; }\n");
  CHECK_SAME(box.run({TEST_COMPILER, "-c", "a.cpp", "-o", "a.o"}, box.root()).status, 0);
  const std::string whole = tito::read_file(box.root() / "a.o");
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    tito::write_atomically(box.root() / "cut.o", whole.substr(0, size));
    try {
      tito::symbols_of(box.root() / "cut.o");
      CHECK(size > 64);  // the table of sections may lie before the cut
    } catch (const tito::Failure& failure) {
      CHECK_CONTAINS(std::string(failure.what()), "cut.o");
    }
  }
}

TEST_CASE("The gap is the number of modules before the first that uses it, in body or demo", "[course_flow]") {
  MadeUp made;
  made.module("a", {}, {"a"}).module("b", {"a"}, {"b"}).module("c", {}, {"c", "b"}).module("d", {"a"}, {"d"});
  const Flow flow = tito::analyze(made.usage(), {"a", "b", "c", "d"});
  CHECK_SAME(qualities(flow), (Words{"perfect", "perfect", "broken"}));
  CHECK_SAME(flow.modules[0].first_use, std::string("the body of b"));
  CHECK_SAME(flow.modules[1].first_use, std::string("the demo of c"));
  CHECK_SAME(flow.connections[2].reason, std::string("nothing that comes later uses c"));
  CHECK_SAME(flow.total_gap(), 1);  // c waits for d and beyond
  CHECK_SAME(flow.wasted(), 0);     // its own demo uses it
  const Flow bodies = tito::analyze(made.usage(), {"a", "b", "c", "d"}, {true, ""});
  CHECK_SAME(bodies.wasted(), 3);
  const Flow other = tito::analyze(made.usage(), {"a", "c", "b", "d"});
  CHECK_SAME(qualities(other), (Words{"broken", "broken", "broken"}));  // c's demo needs b; nobody follows c or b
  CHECK_SAME(other.modules[0].gap, 1);
  CHECK_SAME(other.forward_uses(), 1);
  CHECK_SAME(other.connections[0].reason, std::string("the demo of c needs b of b, which comes later"));
}

TEST_CASE("What waits for its first use makes a connection problematic, and says for how long", "[course_flow]") {
  MadeUp made;
  made.module("a", {}, {"a"}).module("b", {"a"}, {"b"}).module("c", {"a"}, {"c"}).module("d", {"b", "c"}, {"d"});
  const Flow flow = tito::analyze(made.usage(), {"a", "b", "c", "d"});
  CHECK_SAME(qualities(flow), (Words{"perfect", "problematic", "perfect"}));
  CHECK_SAME(flow.connections[1].reason, std::string("b lies unused for one module, until the body of d uses b"));
}

TEST_CASE("An entity counts as used when another of its module that is used refers to it", "[course_flow]") {
  MadeUp made;
  made.module("a", {}, {"a"}).module("b", {"a"}, {"b"});
  made.usage().provided["a"]["helper"] = {"helper()"};
  made.usage().provided["a"]["alone"] = {"alone()"};
  made.usage().inside["a"]["a"] = {"helper"};
  const Flow flow = tito::analyze(made.usage(), {"a", "b"});
  CHECK_SAME(flow.modules[0].wasted(), Words{"alone"});
}

TEST_CASE("Of several demos the one counts that fits the order and uses the newest, or the track's own",
          "[course_flow]") {
  MadeUp made;
  made.module("a", {}, {"a"})
      .module("b", {"a"}, {"b", "c"})
      .demo("b", "demo.other", {"b", "a"})
      .module("c", {"a"}, {"c"});
  CHECK_SAME(tito::analyze(made.usage(), {"a", "c", "b"}).modules[2].demo, std::string("demo"));
  CHECK_SAME(tito::analyze(made.usage(), {"a", "b", "c"}).modules[1].demo, std::string("demo.other"));
  CHECK_SAME(tito::analyze(made.usage(), {"a", "b", "c"}, {false, "other"}).modules[1].demo, std::string("demo.other"));
  const Flow forced = tito::analyze(made.usage(), {"a", "b", "c"}, {false, "usual"});
  CHECK_SAME(forced.modules[1].demo, std::string("demo"));
  CHECK_SAME(forced.forward_uses(), 1);
}

TEST_CASE("The search finds the orders that trying all of them finds", "[course_flow][limit:120]") {
  const std::uint64_t seed = judge::seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const Words names{"a", "b", "c", "d", "e", "f"};
    MadeUp made;
    tito::Needs needs;
    for (std::size_t i = 0; i < names.size(); ++i) {
      Words body, demo{names[i]}, other{names[i]};
      for (std::size_t j = 0; j < i; ++j) {
        if (random() % 4 == 0) needs[names[i]].push_back(names[j]);
        if (random() % 3 == 0) body.push_back(names[j]);
      }
      for (const std::string& name : names) {
        if (name != names[i] && random() % 4 == 0) demo.push_back(name);
        if (name != names[i] && random() % 4 == 0) other.push_back(name);
      }
      needs[names[i]];
      made.module(names[i], body, demo);
      if (random() % 2 == 0) made.demo(names[i], "demo.other", other);
    }
    Words order = names;
    std::int64_t valid = 0;
    std::pair<int, int> least{1000, 1000};
    do {
      bool respects = true;
      for (std::size_t i = 0; i < order.size(); ++i) {
        for (const std::string& need : needs[order[i]]) {
          respects = respects && std::find(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i), need) !=
                                     order.begin() + static_cast<std::ptrdiff_t>(i);
        }
      }
      if (!respects) continue;
      ++valid;
      const Flow flow = tito::analyze(made.usage(), order);
      int forward = 0;  // modules, whether body or demo or both use them
      for (const tito::ModuleFlow& module : flow.modules) {
        std::set<std::string> needed;
        for (const tito::ForwardUse& use : module.forward) needed.insert(use.module);
        forward += static_cast<int>(needed.size());
      }
      least = std::min(least, {forward, flow.total_gap()});
    } while (std::next_permutation(order.begin(), order.end()));
    const auto best = tito::best_orders(made.usage(), needs, names, 3);
    CHECK_SAME(tito::count_orders(needs, names), valid);
    REQUIRE(!best.empty());
    CHECK_SAME(best[0].forward, least.first);
    CHECK_SAME(best[0].gap, least.second);
    CHECK_SAME(tito::analyze(made.usage(), best[0].order).total_gap(), best[0].gap);
    CHECK(best.size() == std::min<std::size_t>(3, static_cast<std::size_t>(valid)));
  }
}

TEST_CASE("tito course analyze measures the toy course", "[course_flow]") {
  Sandbox box;
  const Run run = box.tito({"course", "analyze", "--json"});
  CHECK_SAME(run.status, 0);
  const nlohmann::json all = run.json();
  CHECK_SAME(all.at("connections")[0].at("verdict"), "perfect");
  CHECK_SAME(all.at("modules")[0].at("first_user"), "total");
  CHECK_SAME(all.at("modules")[0].at("demo_uses_itself"), true);
  CHECK_SAME(all.at("total").at("gap"), 0);
  CHECK_CONTAINS(box.tito({"course", "analyze"}, {"LC_ALL=C"}).out, "perfect     count -> total");
}

TEST_CASE("An order in which something is used before it exists is rejected, by name", "[course_flow]") {
  Sandbox box;
  const Run run = box.tito({"course", "analyze", "--order", "total,count"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "course.json: total needs count, which comes later");
  CHECK_CONTAINS(run.out, "rejected");
}

TEST_CASE("A wrong order on the command line is refused with a way out", "[course_flow]") {
  Sandbox box;
  CHECK_CONTAINS(box.tito({"course", "analyze", "--order", "cuont"}).err, "did you mean \"count\"?");
  CHECK_CONTAINS(box.tito({"course", "analyze", "--order", "count,count"}).err, "stands twice");
  CHECK_CONTAINS(box.tito({"course", "analyze", "--order", "count,,total"}).err, "there is no module \"\"");
  CHECK_SAME(box.tito({"course", "analyze", "--order", "count", "--track", "forward"}).status, 2);
  CHECK_CONTAINS(box.tito({"course", "analyze", "--track", "forwrd"}).err, "did you mean \"forward\"?");
}

TEST_CASE("The connections are drawn as a picture that stands alone", "[course_flow]") {
  Sandbox box;
  CHECK_SAME(box.tito({"course", "analyze", "--svg", "order.svg"}).status, 0);
  const std::string svg = tito::read_file(box.root() / "order.svg");
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK_CONTAINS(svg, ">count</text>");
  CHECK_CONTAINS(svg, "uses count</title></path>");
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(!contains(svg, "href"));
  CHECK_SAME(box.tito({"course", "analyze", "--svg", "no/such/folder/order.svg"}).status, 3);
}

TEST_CASE("tito course suggest ranks the orders that the needs allow", "[course_flow]") {
  Sandbox box;
  const nlohmann::json all = box.tito({"course", "suggest", "--json"}).json();
  CHECK_SAME(all.at("respect_needs"), 1);
  CHECK_SAME(all.at("orders").size(), std::size_t{1});
  CHECK_SAME(all.at("orders")[0].at("order"), (nlohmann::json{"count", "total"}));
  CHECK_SAME(all.at("default").at("place"), 1);
}
