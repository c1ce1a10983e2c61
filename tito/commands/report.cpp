#include "tito/commands/report.hpp"

#include <fmt/core.h>

#include <sstream>

#include "tito/commands/failure_view.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

void print_output(Context& context, const std::string& output) {
  if (output.empty()) return;
  context.screen.line(context.screen.paint(Style::dim, "  your program printed:"));
  std::istringstream lines(output);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    if (++count > 10) {
      context.screen.line("    ..");
      break;
    }
    context.screen.line("    " + shortened(line, 200));
  }
}

}  // namespace

std::string module_label(const Track& track, const std::string& slug) {
  return two_digits(number_in(track, slug)) + " " + slug;
}

Site site_of(Context& context) { return {context.kit(), context.course(), context.workspace(), context.contract()}; }

void print_failures(Context& context, const Verdict& verdict, Extent extent, const std::string& repeat,
                    const std::string& source, const std::string& known_mistake) {
  Screen& screen = context.screen;
  std::size_t shown = 0, not_shown = 0, not_run = 0;
  for (const CaseResult& result : verdict.cases) {
    if (result.status == CaseStatus::passed) continue;
    if (result.status == CaseStatus::not_run) {
      ++not_run;
    } else if (shown > 0 && extent == Extent::first) {
      ++not_shown;
    } else {
      if (shown++ > 0) screen.line();
      print_case(context, result, extent, source);
    }
  }
  print_known_mistake(context, known_mistake);
  if (!verdict.problem.empty())
    screen.line(fmt::format("  {} {}", screen.paint(Style::bad, screen.cross()), verdict.problem));
  if (not_run > 0) screen.line(fmt::format("  {} case{} not run", not_run, not_run == 1 ? " was" : "s were"));
  print_output(context, verdict.output);
  screen.line();
  if (not_shown > 0) {
    screen.line(screen.paint(Style::dim, fmt::format("  {} more case{} fail{}: {} --all", not_shown,
                                                     not_shown == 1 ? "" : "s", not_shown == 1 ? "s" : "", repeat)));
  }
  screen.line(screen.paint(Style::dim, fmt::format("  repeat it: {} --seed {}", repeat, verdict.seed)));
}

void print_check(Context& context, const std::string& slug, const Check& check, Extent extent) {
  Screen& screen = context.screen;
  const Track& track = context.workspace().track();
  const std::string repeat = "tito module test " + two_digits(number_in(track, slug));
  const std::string file = context.workspace().source_name(slug);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, module_label(track, slug)), screen.dot(), file));
  screen.line();
  if (check.passed()) {
    screen.line(fmt::format("  {} {} of {} cases pass   {}", screen.paint(Style::good, screen.tick()),
                            check.verdict.passed, check.verdict.planned,
                            screen.paint(Style::dim, duration(check.seconds))));
    if (!check.compilation.diagnostics.empty()) {
      screen.line();
      print_diagnostics(context, check.compilation, extent);
    }
    if (extent == Extent::all) {
      for (const CaseResult& result : check.verdict.cases) {
        screen.line(fmt::format("    {} {}", screen.paint(Style::good, screen.tick()), result.name));
      }
    }
    return;
  }
  if (!check.compilation.succeeded) {
    screen.line(fmt::format("  {} it does not compile; {} cases wait", screen.paint(Style::bad, screen.cross()),
                            check.verdict.planned));
    screen.line();
    print_diagnostics(context, check.compilation, extent);
    return;
  }
  const std::string name = fs::path(file).filename().string();
  if (!check.symbols.none()) {
    for (const std::string& symbol : check.symbols.forbidden) {
      screen.line(fmt::format("  {} {} defines {}: the program that tests it has its own; remove it",
                              screen.paint(Style::bad, screen.cross()), name, symbol));
    }
    for (const std::string& symbol : check.symbols.missing) {
      screen.line(fmt::format("  {} {} no longer defines {}", screen.paint(Style::bad, screen.cross()), name, symbol));
    }
    screen.line(fmt::format("  {} cases wait", check.verdict.planned));
    return;
  }
  if (!check.linking.succeeded) {
    for (const std::string& symbol : check.linking.undefined) {
      screen.line(fmt::format("  {} {} uses {}, which nothing defines", screen.paint(Style::bad, screen.cross()), name,
                              symbol));
    }
    for (const std::string& symbol : check.linking.duplicated) {
      screen.line(fmt::format("  {} {} defines {}, which another module defines, too",
                              screen.paint(Style::bad, screen.cross()), name, symbol));
    }
    return;
  }
  screen.line(fmt::format("  {} {} of {} cases pass   {}", screen.paint(Style::bad, screen.cross()),
                          check.verdict.passed, check.verdict.planned,
                          screen.paint(Style::dim, duration(check.seconds))));
  screen.line();
  print_failures(context, check.verdict, extent, repeat, file, check.known_mistake);
  if (check.compilation.diagnostics.empty()) return;
  screen.line();
  print_diagnostics(context, check.compilation, extent);
}

nlohmann::json json_of(const std::vector<Measure>& measures) {
  nlohmann::json list = nlohmann::json::array();
  for (const Measure& one : measures) {
    list.push_back({{"name", one.name},
                    {"value", one.value ? nlohmann::json(*one.value) : nlohmann::json(nullptr)},
                    {"unit", one.unit}});
    if (!one.data.empty()) list.back()["data"] = one.data;
  }
  return list;
}

nlohmann::json json_of(const Verdict& verdict) {
  nlohmann::json cases = nlohmann::json::array();
  for (const CaseResult& result : verdict.cases) {
    nlohmann::json one = {{"name", result.name},
                          {"status", name_of(result.status)},
                          {"seconds", result.seconds},
                          {"checks", result.checks}};
    if (!result.reason.empty()) one["reason"] = result.reason;
    if (!result.failures.empty()) {
      one["failures"] = nlohmann::json::array();
      for (const CheckFailure& failure : result.failures) {
        one["failures"].push_back({{"expression", failure.expression},
                                   {"expected", failure.expected},
                                   {"actual", failure.actual},
                                   {"note", failure.note},
                                   {"message", failure.message},
                                   {"file", failure.file},
                                   {"line", failure.line}});
        nlohmann::json& last = one["failures"].back();
        last["random"] = failure.random;
        if (failure.source_line > 0) last["source_line"] = failure.source_line;
        if (!failure.cause.empty()) last["cause"] = failure.cause;
        if (failure.excerpt.columns > 0) last["window"] = json_of(failure.excerpt);
      }
    }
    cases.push_back(one);
  }
  nlohmann::json object = {{"planned", verdict.planned}, {"passed", verdict.passed},   {"failed", verdict.failed()},
                           {"seed", verdict.seed},       {"seconds", verdict.seconds}, {"cases", cases}};
  if (!verdict.problem.empty()) object["problem"] = verdict.problem;
  if (!verdict.measures.empty()) object["measures"] = json_of(verdict.measures);
  if (!verdict.output.empty()) object["output"] = verdict.output;
  return object;
}

nlohmann::json json_of(const Check& check) {
  nlohmann::json object = json_of(check.verdict);
  object["seconds"] = check.seconds;
  if (!check.known_mistake.empty()) object["known_mistake"] = check.known_mistake;
  if (!check.compilation.diagnostics.empty()) object["diagnostics"] = json_of(check.compilation);
  std::vector<std::string> missing = check.symbols.missing;
  if (!missing.empty()) object["missing"] = missing;
  if (!check.symbols.forbidden.empty()) object["forbidden"] = check.symbols.forbidden;
  if (!check.linking.undefined.empty()) object["undefined"] = check.linking.undefined;
  if (!check.linking.duplicated.empty()) object["duplicated"] = check.linking.duplicated;
  return object;
}

void print_measures(Context& context, const std::vector<Measure>& measures) {
  Table table;
  for (const Measure& one : measures)
    table.row({one.name, one.value ? figure(*one.value, one.unit) : "not a finite number"});
  for (const std::string& line : table.lines("      ")) context.screen.row(line);
}

void print_proof(Context& context, const std::string& checkpoint, const Proof& proof, Extent extent) {
  Screen& screen = context.screen;
  const std::string name = screen.paint(Style::bold, checkpoint);
  if (!proof.linking.succeeded) {
    screen.line(fmt::format(
        "  {} {} does not link: {}", screen.paint(Style::bad, screen.cross()), name,
        proof.linking.undefined.empty() ? proof.linking.output : "nothing defines " + listed(proof.linking.undefined)));
    return;
  }
  const std::string modules = fmt::format("{} of your own modules", proof.linked.size());
  if (!proof.passed()) {
    screen.line(fmt::format("  {} checkpoint {} fails, linked from {}: {} of {} cases pass",
                            screen.paint(Style::bad, screen.cross()), name, modules, proof.verdict.passed,
                            proof.verdict.planned));
    screen.line();
    print_failures(context, proof.verdict, extent, "tito checkpoint test " + checkpoint);
    return;
  }
  screen.line(
      fmt::format("  {} checkpoint {}, proven with {}", screen.paint(Style::good, screen.tick()), name, modules));
  for (const CaseResult& result : proof.verdict.cases) {
    screen.line(fmt::format("    {} {}", screen.paint(Style::good, screen.tick()), result.name));
  }
  print_measures(context, proof.verdict.measures);
}

Advice advice_for(Context& context, const Next& next) {
  const Workspace& workspace = context.workspace();
  const std::string number = two_digits(number_in(workspace.track(), next.module));
  const std::string label = module_label(workspace.track(), next.module);
  switch (next.action) {
    case Action::test:
      if (workspace.source_hash(next.module).empty()) {
        return {
            workspace.source_name(next.module) + " is missing; \"tito init\" in another folder gives a new one to copy",
            "tito init DIR"};
      }
      return {"write " + workspace.source_name(next.module) + " (the lesson is README.md beside it), then check it",
              "tito module test " + number};
    case Action::export_module: {
      const bool stale = context.standing().modules.at(next.module) == ModuleState::stale;
      return {label + (stale ? " has changed since its export: export it again"
                             : " passes all its tests: make it part of your package"),
              "tito export " + number};
    }
    case Action::prove: {
      const std::string& checkpoint = context.course().module(next.module).checkpoint;
      return {"checkpoint " + checkpoint + " is to be proven with what your package holds now",
              "tito checkpoint test " + checkpoint};
    }
    case Action::finished:
      return {"all modules are exported and all checkpoints proven: your framework is complete, in package/", ""};
  }
  return {};
}

}  // namespace tito
