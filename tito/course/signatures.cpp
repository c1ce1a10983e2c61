#include "tito/course/signatures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-signatures";
constexpr int newest = 1;

std::string digest(const std::string& text) { return sha256(text).substr(0, 12); }

// What a trace shows, from the strongest to the weakest.
std::vector<std::string> levels(const Trace& trace) {
  const std::string checks = trace.ending + '\n' + trace.checks, causes = checks + '\n' + trace.causes;
  std::vector<std::string> all{"causes " + digest(causes), "checks " + digest(checks), "fails " + trace.ending};
  if (!trace.values.empty()) all.insert(all.begin(), "values " + digest(causes + '\n' + trace.values));
  return all;
}

bool fits(const std::string& written, const Trace& trace) {
  const std::vector<std::string> shown = levels(trace);
  return std::find(shown.begin(), shown.end(), written) != shown.end();
}

// How a case fails in all runs: the strongest of the levels that they share.
std::string common_level(const std::vector<const Trace*>& traces) {
  const bool seen =
      std::all_of(traces.begin(), traces.end(), [](const Trace* one) { return one->known && !one->ending.empty(); });
  if (!seen) return "varies";
  for (const std::string& level : levels(*traces.front())) {
    const bool shared = std::all_of(traces.begin(), traces.end(), [&](const Trace* one) { return fits(level, *one); });
    if (shared) return level;
  }
  return "varies";
}

bool explains(const Signature& signature, const Traces& traces) {
  bool evidence = false;
  for (const auto& [name, trace] : traces) {
    if (!trace.known) continue;
    const auto written = signature.fails.find(name);
    const bool failed = !trace.ending.empty();
    if (written == signature.fails.end() && failed) return false;
    if (written == signature.fails.end() || written->second == "varies") continue;
    if (!failed || !fits(written->second, trace)) return false;
    const bool caused = trace.causes.find_first_not_of('\n') != std::string::npos;
    evidence = evidence || written->second.starts_with("values ") || (caused && written->second.starts_with("causes "));
  }
  return evidence;
}

}  // namespace

std::string rounded_numbers(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const bool in_word = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
    const std::string_view rest = text.substr(at);
    if (!in_word && rest.starts_with("-nan")) {  // which sign it has depends on the machine
      ++at;
      continue;
    }
    const std::size_t sign = rest.starts_with('-') ? 1 : 0;
    const bool number = !in_word && rest.size() > sign && std::isdigit(static_cast<unsigned char>(rest[sign])) != 0;
    double value = 0;
    const char* const end = rest.data() + rest.size();
    const auto parsed =
        number ? std::from_chars(rest.data(), end, value) : std::from_chars_result{end, std::errc::invalid_argument};
    if (parsed.ec != std::errc{}) {
      result += text[at++];
      continue;
    }
    result += std::abs(value) < 1e-6 ? "0" : fmt::format("{:.2g}", value);
    at += static_cast<std::size_t>(parsed.ptr - rest.data());
  }
  return result;
}

Signature signature_of(const std::string& name, const std::vector<Traces>& runs) {
  Signature signature{name, {}};
  for (const auto& entry : runs.front()) {
    const std::string& one = entry.first;
    std::vector<const Trace*> traces;
    for (const Traces& run : runs) traces.push_back(&run.at(one));
    const bool passed = std::all_of(traces.begin(), traces.end(),
                                    [](const Trace* trace) { return trace->known && trace->ending.empty(); });
    if (!passed) signature.fails[one] = common_level(traces);
  }
  return signature;
}

std::string known_mistake(const std::vector<Signature>& signatures, const Traces& traces) {
  std::set<std::string> names;
  for (const Signature& signature : signatures) {
    if (explains(signature, traces)) names.insert(signature.name);
  }
  return names.size() == 1 ? *names.begin() : "";
}

std::string SignatureFile::print() const {
  json list = json::array();
  for (const Signature& one : mistakes) list.push_back({{"name", one.name}, {"fails", one.fails}});
  return json{{"schema", schema_name(schema, newest)}, {"sources", sources}, {"mistakes", list}}.dump(1) + "\n";
}

SignatureFile read_signatures(std::string_view text, const std::string& origin) {
  const json document = parse_json(text, origin);
  const JsonView root(document, origin);
  check_schema(root, schema, newest);
  root.allow_only({"schema", "sources", "mistakes"});
  SignatureFile file;
  for (const auto& entry : root["sources"].object().items())
    file.sources[entry.key()] = root["sources"][entry.key()].text();
  const JsonView mistakes = root["mistakes"];
  for (std::size_t i = 0; i < mistakes.array().size(); ++i) {
    const JsonView one = mistakes.at(i), fails = one["fails"];
    one.allow_only({"name", "fails"});
    file.mistakes.push_back({one["name"].text(), {}});
    for (const auto& entry : fails.object().items())
      file.mistakes.back().fails[entry.key()] = fails[entry.key()].text();
  }
  return file;
}

}  // namespace tito
