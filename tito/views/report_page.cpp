#include "tito/views/report_page.hpp"

#include <fmt/core.h>

#include <cmath>

#include "tito/actions/compare_bodies.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/html.hpp"
#include "tito/ui/screen.hpp"

namespace tito {
namespace {

using nlohmann::json;

// ---- Reading what may be anything

json member(const json& object, const char* key) { return object.is_object() ? object.value(key, json()) : json(); }

json list(const json& object, const char* key) {
  const json found = member(object, key);
  return found.is_array() ? found : json::array();
}

std::string text(const json& object, const char* key) {
  const json found = member(object, key);
  return found.is_string() ? found.get<std::string>().substr(0, 1000) : "";
}

double number(const json& object, const char* key) {
  const json found = member(object, key);
  return found.is_number() ? found.get<double>() : 0;
}

// The members of what may be no object. Named, since items() keeps only a reference.
json members(const json& object) { return object.is_object() ? object : json::object(); }

std::string words(const json& object, const char* key) {
  std::vector<std::string> all;
  for (const json& one : list(object, key)) {
    if (one.is_string()) all.push_back(one.get<std::string>());
  }
  return listed(all);
}

// ---- Figures

// As tito prints it, but whole numbers as such: "41", "12,000 samples/s".
std::string shown(double value, const std::string& unit) {
  if (std::floor(value) != value || std::abs(value) >= 1000) return figure(value, unit);
  return fmt::format("{:.0f}{}{}", value, unit.empty() ? "" : " ", unit);
}

// A number with its unit; `object` holds value and unit.
std::string value_of(const json& object) {
  const json value = member(object, "value");
  if (!value.is_number()) return "not a finite number";
  return html::data(value.dump(), shown(value.get<double>(), text(object, "unit")));
}

std::string count(const json& object, const char* key) {
  const json found = member(object, key);
  return found.is_number() ? html::data(found.dump(), shown(found.get<double>(), "")) : "unknown";
}

std::string percent(double part, double whole) {
  const double share = whole > 0 ? 100 * part / whole : 0;
  return html::data(fmt::format("{}", share), fmt::format("{:.1f} %", share));
}

std::string command(const std::string& words) { return "<code>" + escaped(words) + "</code>"; }

std::string measures(const json& object) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const json& one : list(object, "measures")) {
    const std::string data = text(one, "data");
    rows.emplace_back(escaped(text(one, "name") + (data.empty() ? "" : ", " + data)), value_of(one));
  }
  return html::pairs(rows);
}

std::string section(const char* id, const char* title, const std::string& body) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n", id, title,
      body);
}

// ---- Capabilities

std::string linked_text(const json& checkpoint) {
  std::string names;
  for (const json& one : list(checkpoint, "linked")) {
    names += (names.empty() ? "" : ", ") + escaped(text(one, "module"));
    if (member(one, "changed") == true) names += " (changed since)";
  }
  return names;
}

std::string capability(const json& one) {
  std::string body =
      fmt::format("<li class=\"item\" id=\"checkpoint-{}\">\n<h3>{} {} {}</h3>\n<p>{}</p>\n",
                  escaped(text(one, "checkpoint")), count(one, "number"), escaped(text(one, "checkpoint")),
                  html::state(text(one, "state")), escaped(text(one, "capability")));
  if (one.contains("proven_at")) {
    body += fmt::format("<p class=\"quiet\">{} of {} cases passed on {} (seed {}), linked from your own {}.</p>\n",
                        count(one, "passed"), count(one, "planned"), html::time(text(one, "proven_at")),
                        html::data(member(one, "seed").dump(), member(one, "seed").dump()), linked_text(one));
    body += measures(one);
  } else {
    body += fmt::format("<p class=\"quiet\">Not proven yet: {}</p>\n", command("tito export " + text(one, "module")));
  }
  return body + "</li>\n";
}

std::string capabilities(const json& figures) {
  std::string body = "<ol class=\"plain\">\n";
  for (const json& one : list(figures, "checkpoints")) body += capability(one);
  return section("capabilities", "Capabilities", body + "</ol>\n");
}

// ---- Demos and milestones

std::vector<Chart> charts(const json& run) {
  std::vector<Curve> curves;
  for (const json& one : list(run, "curves")) {
    Curve curve{text(one, "name"), {}};
    for (const json& point : list(one, "points")) {
      if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number()) continue;
      curve.points.emplace_back(point[0].get<double>(), point[1].get<double>());
    }
    curves.push_back(std::move(curve));
  }
  std::vector<Axes> axes;
  for (const json& one : list(run, "axes")) axes.push_back({text(one, "chart"), text(one, "x"), text(one, "y")});
  return charts_of(curves, axes);
}

std::string gates(const json& run) {
  html::Table table{"Gates", {"Figure", "Measured", "Wanted", "Verdict"}, {}};
  for (const json& one : list(run, "gates")) {
    const bool least = one.contains("at_least");
    const json bound = member(one, least ? "at_least" : "at_most");
    std::string wanted = least ? "at least " : "at most ";
    if (bound.is_number()) wanted += html::data(bound.dump(), shown(bound.get<double>(), text(one, "unit")));
    std::string separator;
    const json bounds = members(bound);
    for (const auto& [data, value] : bounds.items()) {
      if (!value.is_number()) continue;
      wanted +=
          separator + html::data(value.dump(), shown(value.get<double>(), text(one, "unit"))) + " on " + escaped(data);
      separator = ", ";
    }
    const std::string measured = member(one, "value").is_null() ? "none" : value_of(one);
    table.rows.push_back({escaped(text(one, "measure")), measured, wanted, html::state(text(one, "state"))});
  }
  return table.rows.empty() ? "" : html::table(table);
}

std::string run_of(const json& run) {
  const bool milestone = text(run, "kind") == "milestone";
  const std::string title = milestone ? fmt::format("{}, {}", text(run, "title"), member(run, "year").dump())
                                      : "Demo of " + text(run, "name");
  std::string body =
      fmt::format("<div class=\"item\" id=\"{}-{}\">\n<h3>{}{}</h3>\n", text(run, "kind"), escaped(text(run, "name")),
                  escaped(title), milestone ? " " + html::state(text(run, "state")) : "");
  body += fmt::format("<p class=\"quiet\">Run on {}, seed {}, in {}", html::time(text(run, "at")), count(run, "seed"),
                      escaped(duration(number(run, "seconds"))));
  if (const std::string data = words(run, "data"); !data.empty()) body += ", on " + escaped(data);
  if (!milestone) {
    const std::string own = words(run, "own");
    body += own.empty() ? "; none of the code was yours" : "; your own " + escaped(own);
  }
  if (const std::string changed = words(run, "changed"); !changed.empty()) {
    body += ". Changed since: " + escaped(changed);
  }
  body += ".</p>\n" + measures(run) + gates(run);
  for (const Chart& chart : charts(run)) body += html::figure(chart, title);
  return body + "</div>\n";
}

std::string runs(const json& figures) {
  std::string body;
  for (const json& one : list(figures, "runs")) body += run_of(one);
  if (body.empty())
    body = "<p>Nothing was run yet: " + command("tito demo") + ", " + command("tito milestone list") + "</p>\n";
  if (const std::string names = words(figures, "not_run"); !names.empty()) {
    body += fmt::format("<p class=\"quiet\">Milestones not run yet: {}. {}</p>\n", escaped(names),
                        command("tito milestone list"));
  }
  return section("runs", "Demos and milestones", body);
}

// ---- Speed

std::string rate(const json& timing) {
  const json median = member(timing, "median");
  if (median.is_number()) return html::data(median.dump(), short_number(median.get<double>()));
  const std::string status = text(timing, "status");
  return status.empty() ? "<span class=\"quiet\">none</span>" : escaped(status);
}

std::string speed_of(const json& module) {
  const std::string slug = text(module, "module");
  std::string body =
      fmt::format("<div class=\"item\" id=\"speed-{0}\">\n<h3>{0}</h3>\n<p class=\"quiet\">", escaped(slug));
  if (const json ratio = member(module, "versus_reference"); ratio.is_number()) {
    body += html::data(ratio.dump(), short_number(ratio.get<double>())) + " times the reference's rate. ";
  }
  body += fmt::format("Measured on {}, {} thread{}, median of {} rounds.", html::time(text(module, "at")),
                      count(module, "threads"), number(module, "threads") == 1 ? "" : "s", count(module, "rounds"));
  if (member(module, "changed") == true) body += " The file has changed since: " + command("tito bench " + slug);
  if (text(module, "tested") != "passed") body += " Its tests were not known to pass then.";
  body += "</p>\n";
  html::Table table{"Rates of " + slug, {"Work", "Yours", "Ref.", "Fast", "Limit", "Of limit"}, {}};
  for (const json& row : list(module, "rows")) {
    const double yours = number(member(row, "yours"), "median"), limit = number(member(row, "limit"), "median");
    table.rows.push_back(
        {escaped(text(row, "name")) + "<span class=\"quiet\">" + escaped(text(row, "unit")) + "</span>",
         rate(member(row, "yours")), rate(member(row, "reference")), rate(member(row, "fast")),
         rate(member(row, "limit")), yours > 0 && limit > 0 ? percent(yours, limit) : "unknown"});
  }
  return body + html::table(table) + "</div>\n";
}

std::string speed(const json& figures) {
  const json speed = member(figures, "speed");
  std::string body =
      "<p>Work of each module, done by your code, by the reference (Ref.) and, where the course has one, by a faster "
      "body, in turn. The limit is what multiply-adds or memory allow, at rates measured in the same rounds.</p>\n";
  for (const json& one : list(speed, "modules")) body += speed_of(one);
  if (const std::string slugs = words(speed, "not_measured"); !slugs.empty()) {
    body += fmt::format("<p class=\"quiet\" id=\"speed-not-measured\">Not measured: {}. {}</p>\n", escaped(slugs),
                        command("tito bench all"));
  }
  return section("speed", "Speed", body);
}

// ---- How much of the engine is theirs

std::string functions(const json& functions) {
  const double own = number(functions, "own"), total = number(functions, "total");
  std::string body = fmt::format(
      "<h3>Functions</h3>\n"
      "<p id=\"functions\">{} of {} functions, {}, are yours: those that the bodies of the modules define and whose "
      "module is in your package.</p>\n",
      count(functions, "own"), count(functions, "total"), percent(own, total));
  html::Table table{"Functions by module", {"Module", "Functions", "Whose"}, {}};
  for (const json& one : list(functions, "modules")) {
    table.rows.push_back(
        {escaped(text(one, "module")), count(one, "functions"), member(one, "own") == true ? "yours" : "given"});
  }
  return body + html::table(table);
}

std::string cpu(const json& share) {
  if (!share.is_object()) {
    return "<h3>CPU time</h3>\n<p id=\"cpu\">Not measured: " + command("tito report --measure") + "</p>\n";
  }
  const double all = number(share, "samples"), own = number(share, "own"), bodies = number(share, "bodies");
  const double given_bodies = bodies - own, given = number(share, "given"), libraries = number(share, "libraries");
  std::string body = fmt::format("<h3>CPU time</h3>\n<p id=\"cpu\">{} of the CPU time of “{}” is spent in your code",
                                 percent(own, all), escaped(text(share, "work")));
  if (bodies > 0) body += fmt::format("; of the time in modules, {}", percent(own, bodies));
  body += fmt::format(
      ".</p>\n"
      "<p class=\"quiet\">Measured on {} by sampling, {} samples on one thread; {} {}. A sample counts for the code "
      "that was executing, not for what had called it: kernels are given, and your code calls them.",
      html::time(text(share, "at")), count(share, "samples"),
      html::data(member(share, "rate").dump(), figure(number(share, "rate"), "")), escaped(text(share, "unit")));
  if (member(share, "changed") == true) body += " Your package has changed since: " + command("tito report --measure");
  body += "</p>\n";
  const auto part = [&](const char* name, double samples) {
    return html::Part{fmt::format("{} {:.1f} %", name, all > 0 ? 100 * samples / all : 0), all > 0 ? samples / all : 0};
  };
  const std::vector<html::Part> parts{part("your modules", own), part("given modules", given_bodies),
                                      part("given kernels and shared code", given),
                                      part("system libraries", libraries)};
  std::string description = "Shares of CPU time";
  for (const html::Part& one : parts) description += "; " + one.name;
  body += html::bar(parts, description + ".");
  html::Table table{"CPU time by module", {"Module", "Whose", "Share"}, {}};
  const json modules = members(member(share, "modules"));
  for (const auto& [slug, samples] : modules.items()) {
    if (!samples.is_number()) continue;
    const bool yours = member(share, "linked").is_object() && member(share, "linked").contains(slug);
    table.rows.push_back({escaped(slug), yours ? "yours" : "given", percent(samples.get<double>(), all)});
  }
  return body + html::table(table);
}

// ---- Hints and history: only where they are kept

std::string hints(const json& figures) {
  const json hints = member(figures, "hints");
  if (!hints.is_object()) return "";
  html::Table table{"Hints by module", {"Module", "Functions", "Steps"}, {}};
  for (const json& one : list(hints, "modules")) {
    table.rows.push_back({escaped(text(one, "module")), count(one, "functions"), count(one, "steps")});
  }
  return section(
      "hints", "Hints",
      "<p>" + count(hints, "steps") + " steps of hints taken.</p>\n" + (table.rows.empty() ? "" : html::table(table)));
}

std::string history(const json& figures) {
  const json history = member(figures, "history");
  if (!history.is_object()) return "";
  html::Table table{"Snapshots by module", {"Module", "Exports", "Snapshots", "First", "Last"}, {}};
  for (const json& one : list(history, "modules")) {
    table.rows.push_back({escaped(text(one, "module")), count(one, "exports"), count(one, "snapshots"),
                          html::time(text(one, "first")), html::time(text(one, "last"))});
  }
  return section("history", "History",
                 "<p>" + count(history, "snapshots") + " snapshots are kept.</p>\n" +
                     (table.rows.empty() ? "" : html::table(table)));
}

std::string problems(const json& figures) {
  std::string items;
  for (const json& one : list(figures, "problems"))
    items += "<li>" + escaped(text(one, "file") + ": " + text(one, "problem")) + "</li>\n";
  return items.empty() ? "" : section("problems", "Files that could not be read", "<ul>\n" + items + "</ul>\n");
}

}  // namespace

std::string report_page(const nlohmann::json& figures) {
  const std::string title = text(figures, "course");
  const std::string sections = capabilities(figures) + runs(figures) + speed(figures) +
                               section("engine", "Whose engine runs",
                                       functions(member(member(figures, "engine"), "functions")) +
                                           cpu(member(member(figures, "engine"), "cpu"))) +
                               hints(figures) + history(figures) + problems(figures);
  std::string links;
  for (const auto& [id, name] : {std::pair{"capabilities", "Capabilities"},
                                 {"runs", "Demos and milestones"},
                                 {"speed", "Speed"},
                                 {"engine", "Whose engine runs"},
                                 {"hints", "Hints"},
                                 {"history", "History"},
                                 {"problems", "Files that could not be read"}}) {
    if (sections.find(fmt::format("<section id=\"{}\"", id)) != std::string::npos)
      links += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, name);
  }
  const std::string body = fmt::format(
      "<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n"
      "<p class=\"lead\" id=\"summary\">{} of {} capabilities proven</p>\n<nav "
      "aria-label=\"Sections\"><ul>{}</ul></nav>\n</header>\n"
      "<main id=\"main\">\n{}</main>\n<footer>Made by tito report on {}. Every figure was measured or is kept as "
      "evidence in the "
      "workspace; the command that measures again stands beside what was not measured or has changed.</footer>\n",
      escaped(title), escaped(text(figures, "track")), count(figures, "done"), count(figures, "total"), links, sections,
      html::time(text(figures, "at")));
  return html::page("Report: " + title, body);
}

}  // namespace tito
