#include "tito/views/verdict.hpp"

#include <fmt/core.h>

#include <sstream>

#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/views/failure.hpp"

namespace tito {
namespace {

void print_output(Screen& screen, const std::string& output) {
  if (output.empty()) return;
  screen.line(screen.paint(Style::dim, "  your program printed:"));
  std::istringstream lines(output);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    if (++count > 10) {
      screen.line("    ..");
      break;
    }
    screen.line("    " + shortened(line, 200));
  }
}

}  // namespace

void print_failures(Screen& screen, const Verdict& verdict, Extent extent, const std::string& repeat,
                    const std::string& source, const std::string& known_mistake) {
  std::size_t shown = 0, not_shown = 0, not_run = 0;
  for (const CaseResult& result : verdict.cases) {
    if (result.status == CaseStatus::passed) continue;
    if (result.status == CaseStatus::not_run) {
      ++not_run;
    } else if (shown > 0 && extent == Extent::first) {
      ++not_shown;
    } else {
      if (shown++ > 0) screen.line();
      print_case(screen, result, extent, source);
    }
  }
  print_known_mistake(screen, known_mistake);
  if (!verdict.problem.empty())
    screen.line(fmt::format("  {} {}", screen.paint(Style::bad, screen.cross()), verdict.problem));
  if (not_run > 0) screen.line(fmt::format("  {} case{} not run", not_run, not_run == 1 ? " was" : "s were"));
  print_output(screen, verdict.output);
  screen.line();
  if (not_shown > 0) {
    screen.line(screen.paint(Style::dim, fmt::format("  {} more case{} fail{}: {} --all", not_shown,
                                                     not_shown == 1 ? "" : "s", not_shown == 1 ? "s" : "", repeat)));
  }
  screen.line(screen.paint(Style::dim, fmt::format("  repeat it: {} --seed {}", repeat, verdict.seed)));
}

void print_check(Screen& screen, const Workspace& workspace, const std::string& slug, const Check& check,
                 Extent extent) {
  const Track& track = workspace.track();
  const std::string repeat = "tito module test " + two_digits(number_in(track, slug));
  const std::string file = workspace.source_name(slug);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, module_label(track, slug)), screen.dot(), file));
  screen.line();
  if (check.passed()) {
    screen.line(fmt::format("  {} {} of {} cases pass   {}", screen.paint(Style::good, screen.tick()),
                            check.verdict.passed, check.verdict.planned,
                            screen.paint(Style::dim, duration(check.seconds))));
    if (!check.compilation.diagnostics.empty()) {
      screen.line();
      print_diagnostics(screen, check.compilation, extent);
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
    print_diagnostics(screen, check.compilation, extent);
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
  print_failures(screen, check.verdict, extent, repeat, file, check.known_mistake);
  if (check.compilation.diagnostics.empty()) return;
  screen.line();
  print_diagnostics(screen, check.compilation, extent);
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
        if (failure.window.columns > 0) last["window"] = json_of(failure.window);
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

void print_measures(Screen& screen, const std::vector<Measure>& measures) {
  Table table;
  for (const Measure& one : measures)
    table.row({one.name, one.value ? figure(*one.value, one.unit) : "not a finite number"});
  for (const std::string& line : table.lines("      ")) screen.row(line);
}

void print_proof(Screen& screen, const std::string& checkpoint, const Proof& proof, Extent extent) {
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
    print_failures(screen, proof.verdict, extent, "tito checkpoint test " + checkpoint);
    return;
  }
  screen.line(
      fmt::format("  {} checkpoint {}, proven with {}", screen.paint(Style::good, screen.tick()), name, modules));
  for (const CaseResult& result : proof.verdict.cases) {
    screen.line(fmt::format("    {} {}", screen.paint(Style::good, screen.tick()), result.name));
  }
  print_measures(screen, proof.verdict.measures);
}

}  // namespace tito
