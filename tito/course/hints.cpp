#include "tito/course/hints.hpp"

#include <algorithm>
#include <sstream>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-hints/1";

// "3. text" -> 3; 0 for what begins no step.
int step_number(const std::string& line) {
  const std::size_t digits = line.find_first_not_of("0123456789");
  if (digits == 0 || digits > 3 || digits == std::string::npos || line.compare(digits, 2, ". ") != 0) return 0;
  return std::stoi(line.substr(0, digits));
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// "forward" of "ReLU::forward"
std::string last_part(const std::string& function) {
  const std::size_t colon = function.rfind("::");
  return colon == std::string::npos ? function : function.substr(colon + 2);
}

bool is_called(const std::string& function, const std::string& word) {
  return last_part(function) == word || function.starts_with(word + "::");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

HintsTaken parse(const std::string& text, const std::string& origin) {
  const json root = parse_json(text, origin);
  const JsonView view(root, origin);
  view.allow_only({"schema", "taken"});
  if (view["schema"].text() != schema) {
    view["schema"].fail("expected \"" + std::string(schema) + "\", found \"" + view["schema"].text() + "\"");
  }
  HintsTaken taken;
  for (const auto& [module, functions] : view["taken"].object().items()) {
    for (const auto& [function, ignored] : view["taken"][module].object().items()) {
      const JsonView count = view["taken"][module][function];
      if (count.integer() < 0 || count.integer() > 1000) count.fail("is not a count of hints: " + count.value().dump());
      taken[module][function] = static_cast<int>(count.integer());
    }
  }
  return taken;
}

}  // namespace

std::vector<FunctionHints> parse_hints(std::string_view text, const std::string& origin) {
  std::vector<FunctionHints> hints;
  int number = 0;
  const auto fail = [&](const std::string& problem) {
    throw Failure(Exit::damaged, origin + ":" + std::to_string(number) + ": " + problem);
  };
  const auto check_last = [&] {
    if (!hints.empty() && hints.back().steps.empty())
      fail("the section before this line, " + hints.back().function + ", has no steps");
  };
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("## ")) {
      check_last();
      const std::string function = trimmed(line.substr(3));
      for (const FunctionHints& one : hints) {
        if (one.function == function) fail("the section " + function + " stands here a second time");
      }
      hints.push_back({function, {}});
    } else if (hints.empty()) {
      continue;  // the title
    } else if (const int step = step_number(line); step > 0) {
      const int expected = static_cast<int>(hints.back().steps.size()) + 1;
      if (step != expected)
        fail("expected step " + std::to_string(expected) + " of " + hints.back().function + ", found " +
             std::to_string(step));
      hints.back().steps.push_back(trimmed(line.substr(line.find(' '))));
    } else if (const std::string more = trimmed(line); !more.empty() && !hints.back().steps.empty()) {
      hints.back().steps.back() += " " + more;
    }
  }
  check_last();
  if (hints.empty()) fail("there is no section \"## FUNCTION\"");
  return hints;
}

const FunctionHints& resolve_function(const std::vector<FunctionHints>& hints, const std::string& module,
                                      const std::string& word) {
  for (const FunctionHints& one : hints) {
    if (one.function == word) return one;
  }
  std::vector<std::string> all, called;
  const FunctionHints* found = nullptr;
  const auto look_for = [&](const auto& matches) {
    for (const FunctionHints& one : hints) {
      if (matches(one.function)) called.push_back(one.function), found = &one;
    }
  };
  look_for([&](const std::string& function) { return is_called(function, word); });
  if (called.empty())
    look_for([&](const std::string& function) {
      return is_called(lower(function), lower(word)) || lower(function) == lower(word);
    });
  if (called.size() == 1) return *found;
  if (!called.empty()) {
    throw Failure(Exit::usage,
                  "\"" + word + "\" may be " + std::to_string(called.size()) + " functions of module " + module + ": " +
                      listed(called),
                  "name one of them in full, for example " + called.front());
  }
  std::vector<std::string> names;
  for (const FunctionHints& one : hints) {
    all.push_back(one.function);
    names.push_back(one.function);
    names.push_back(last_part(one.function));
  }
  const std::string near = nearest(word, names);
  throw Failure(Exit::usage,
                "module " + module + " has no function \"" + word + "\"" +
                    (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                "its functions are: " + listed(all));
}

HintsTaken HintsFile::load() const {
  const std::optional<std::string> text = read_if_present(file());
  if (!text) return {};
  try {
    return parse(*text, file().string());
  } catch (const Failure& failure) {
    throw Failure(failure.exit(), failure.what(),
                  "the file is left as it is; it holds only which hints you have seen: move it away, and the "
                  "counting begins again");
  }
}

int HintsFile::taken(const std::string& module, const std::string& function) const {
  const HintsTaken all = load();
  const auto functions = all.find(module);
  if (functions == all.end()) return 0;
  const auto found = functions->second.find(function);
  return found == functions->second.end() ? 0 : found->second;
}

int HintsFile::take(const std::string& module, const std::string& function, int count, int steps) const {
  const FileLock lock(folder_ / "lock");
  HintsTaken taken = load();
  int& now = taken[module][function];
  const int before = now;
  now = std::min(now + count, steps);
  if (now != before) write_atomically(file(), json({{"schema", schema}, {"taken", taken}}).dump(2) + "\n");
  return now;
}

}  // namespace tito
