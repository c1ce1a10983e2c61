#include "mutants.hpp"

#include <cctype>
#include <cstdint>
#include <functional>
#include <sstream>

#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"

namespace trials {
namespace {

using std::string;

// One change: the text at [begin, end) of a line becomes `to`.
struct Change {
  std::size_t begin = 0;
  std::size_t end = 0;
  string to;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The line with comments, texts and characters blanked out, so that positions stay.
string code_of(const string& line) {
  string code = line;
  char quote = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (quote != 0) {
      const char c = code[i];
      if (c == '\\' && i + 1 < code.size()) code[i++] = '"', code[i] = '"';
      else code[i] = '"';
      if (c == quote) quote = 0;
    } else if (code.compare(i, 2, "//") == 0) {
      code.resize(i);
    } else if (code[i] == '"' || (code[i] == '\'' && (i == 0 || !is_word(code[i - 1])))) {
      quote = code[i];
      code[i] = '"';
    }
  }
  return code;
}

// Operators that clang-format surrounds with blanks where they take two operands, and what each becomes.
const std::vector<std::pair<string, string>>& binary_operators() {
  static const std::vector<std::pair<string, string>> all{
      {"+", "-"},   {"-", "+"},   {"*", "/"},   {"/", "*"},  {"%", "*"},  {"+=", "-="}, {"-=", "+="},
      {"*=", "/="}, {"/=", "*="}, {"<", "<="},  {">", ">="}, {"<=", "<"}, {">=", ">"},  {"==", "!="},
      {"!=", "=="}, {"&&", "||"}, {"||", "&&"}, {"^", "|"},  {"&", "|"},  {">>", "<<"}, {"+=", "="}};
  return all;
}

void change_operators(const string& code, std::vector<Change>& changes) {
  const bool has_text = code.find('"') != string::npos;
  for (const auto& [from, to] : binary_operators()) {
    if (has_text && (from == "+" || from == "+=")) continue;  // joins texts
    const string pattern = ' ' + from + ' ';
    for (std::size_t at = code.find(pattern); at != string::npos; at = code.find(pattern, at + 1)) {
      changes.push_back({at + 1, at + 1 + from.size(), to});
    }
    if (code.size() > from.size() && code.ends_with(' ' + from))
      changes.push_back({code.size() - from.size(), code.size(), to});
  }
  for (const auto& [from, to] : std::vector<std::pair<string, string>>{{"++", "--"}, {"--", "++"}}) {
    for (std::size_t at = code.find(from); at != string::npos; at = code.find(from, at + 2))
      changes.push_back({at, at + 2, to});
  }
  for (std::size_t i = 0; i + 1 < code.size(); ++i) {  // a sign or a negation that falls away
    const char before = i == 0 ? ' ' : code[i - 1];
    const bool operand = is_word(code[i + 1]) || code[i + 1] == '(' || code[i + 1] == '*';
    const bool starts = before == '(' || before == '[' || before == ' ' || before == '{' || before == '!';
    if ((code[i] == '-' || code[i] == '!') && operand && starts && code[i + 1] != '=')
      changes.push_back({i, i + 1, ""});
  }
}

// The number at `at`, one larger; nothing for what is not understood.
string larger(const string& number) {
  std::size_t digits = 0;
  string plain;
  const bool hex = number.starts_with("0x");
  const bool fraction = hex ? number.find('p') != string::npos : number.find_first_of(".eE") != string::npos;
  while (digits < number.size()) {
    const char c = number[digits];
    const bool part = std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '\'' || c == '.' ||
                      (hex && (c == 'x' || c == 'p')) ||
                      ((c == '-' || c == '+') && digits > 0 && string("eEp").find(number[digits - 1]) != string::npos);
    if (!part || (!hex && (c == 'F' || c == 'f'))) break;
    if (c != '\'') plain += c;
    ++digits;
  }
  const string suffix = number.substr(digits);
  if (fraction) {
    const double value = std::stod(plain);
    std::ostringstream text;
    text.precision(17);
    const double tenth = value < 0.1 && value > 0 ? value * 10 : value + 1;  // small numbers are tolerances
    text << tenth;
    string result = text.str();
    if (result.find_first_of(".e") == string::npos) result += ".0";
    return result + suffix;
  }
  const std::uint64_t value = std::stoull(plain, nullptr, hex ? 16 : 10);
  return std::to_string(value + 1) + (hex && suffix.empty() ? "ULL" : suffix);
}

void change_constants(const string& code, std::vector<Change>& changes) {
  for (std::size_t at = 0; at < code.size();) {
    if (!is_word(code[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    const bool number = std::isdigit(static_cast<unsigned char>(code[at])) != 0;
    while (end < code.size() &&
           (is_word(code[end]) ||
            (number && (code[end] == '.' || code[end] == '\'' ||
                        ((code[end] == '-' || code[end] == '+') && string("eEp").find(code[end - 1]) != string::npos &&
                         (code.compare(at, 2, "0x") != 0 || code[end - 1] == 'p')))))) {
      ++end;
    }
    const string word = code.substr(at, end - at);
    if (number) changes.push_back({at, end, larger(word)});
    if (word == "true") changes.push_back({at, end, "false"});
    if (word == "false") changes.push_back({at, end, "true"});
    if (word == "min" || word == "max") changes.push_back({at, end, word == "min" ? "max" : "min"});
    if (word == "begin" && code.compare(end, 1, "(") != 0) changes.push_back({at, end, "begin + 1"});
    at = end;
  }
}

// x[i] becomes x[i + 1], where i is not a number (that is a constant) nor the capture of a lambda.
void change_indices(const string& code, std::vector<Change>& changes) {
  for (std::size_t open = code.find('['); open != string::npos; open = code.find('[', open + 1)) {
    if (open == 0 || !(is_word(code[open - 1]) || code[open - 1] == ']' || code[open - 1] == ')')) continue;
    int depth = 0;
    for (std::size_t at = open; at < code.size(); ++at) {
      if (code[at] == '[') ++depth;
      if (code[at] == ']' && --depth == 0) {
        const string index = code.substr(open + 1, at - open - 1);
        if (!index.empty() && index.find_first_not_of("0123456789") != string::npos &&
            index.find('"') == string::npos) {
          changes.push_back({at, at, " + 1"});
        }
        break;
      }
    }
  }
}

string trimmed(const string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == string::npos ? "" : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

}  // namespace

std::vector<Mutant> mutants_of(const string& body, const string& origin) {
  std::vector<Mutant> mutants;
  std::map<string, int> times;
  for (const tito::SolutionRegion& region : tito::solution_regions(body, origin)) {
    bool throwing = false;  // inside a throw expression: what a message says is not tried
    for (std::size_t at = region.text; at < region.end;) {
      const std::size_t next = body.find('\n', at) + 1;
      const string line = body.substr(at, next - 1 - at);
      string code = code_of(line);
      const std::size_t thrown = throwing ? 0 : code.find("throw ");
      if (thrown != string::npos) {
        throwing = code.find(';', thrown) == string::npos;
        code.resize(thrown);
      }
      std::vector<Change> changes;
      if (!trimmed(code).starts_with("#")) {
        change_operators(code, changes);
        change_constants(code, changes);
        change_indices(code, changes);
      }
      for (const Change& change : changes) {
        const string from = line.substr(change.begin, change.end - change.begin);
        const string what = (from.empty() ? "index" : from) + " -> " +
                            (change.to.empty() ? "nothing"
                             : from.empty()    ? "index + 1"
                                               : change.to);
        const string identity = region.name + " | " + trimmed(line) + " | " + what;
        mutants.push_back({identity + " | " + std::to_string(++times[identity]),
                           body.substr(0, at + change.begin) + change.to + body.substr(at + change.end)});
      }
      at = next;
    }
  }
  return mutants;
}

std::map<string, string> read_survivors(const string& text, const string& origin) {
  std::map<string, string> reasons;
  std::istringstream lines(text);
  string identity;
  int number = 0;
  const auto fail = [&](const string& problem) {
    throw tito::Failure(tito::Exit::damaged, origin + ":" + std::to_string(number) + ": " + problem);
  };
  for (string line; std::getline(lines, line);) {
    ++number;
    if (trimmed(line).empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      if (!identity.empty()) fail("expected an indented reason for the survivor above");
      if (reasons.contains(line)) fail("this survivor stands here twice");
      identity = line;
    } else {
      if (identity.empty() && reasons.empty()) fail("a reason without a survivor above it");
      if (!identity.empty()) reasons[identity] = trimmed(line);
      identity.clear();
    }
  }
  if (!identity.empty()) fail("expected an indented reason for the survivor above");
  return reasons;
}

}  // namespace trials
