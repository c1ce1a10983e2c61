#include "tito/course/functions.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace tito {
namespace {

constexpr std::size_t none = std::string_view::npos;

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Steps over what is no code: comments and literals.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Behind the comment or literal that starts at `at`; `at` itself where none does.
  std::size_t skip(std::size_t at) const {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("//")) return behind("\n", at);
    if (rest.starts_with("/*")) return behind("*/", at + 2);
    if (rest.starts_with("R\"") && !(at > 0 && is_word(text_[at - 1]))) return skip_raw(at);
    if (rest.starts_with('"')) return skip_quoted(at, '"');
    if (rest.starts_with('\'') && !is_digit_separator(at)) return skip_quoted(at, '\'');
    return at;
  }

  bool is_comment(std::size_t at) const {
    return text_.substr(at).starts_with("//") || text_.substr(at).starts_with("/*");
  }

  // Behind the brace or parenthesis that closes the one at `at`.
  std::size_t skip_group(std::size_t at) const {
    int depth = 0;
    while (at < text_.size()) {
      if (const std::size_t next = skip(at); next != at) {
        at = next;
        continue;
      }
      const char c = text_[at++];
      if (c == '{' || c == '(' || c == '[') ++depth;
      if ((c == '}' || c == ')' || c == ']') && --depth <= 0) return at;
    }
    return at;
  }

  // Behind a preprocessor line, with the lines that continue it.
  std::size_t skip_directive(std::size_t at) const {
    while (at < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at), text_.size());
      at = std::min(end + 1, text_.size());
      if (end == 0 || text_[end - 1] != '\\') break;
    }
    return at;
  }

 private:
  std::size_t behind(std::string_view mark, std::size_t at) const {
    const std::size_t found = text_.find(mark, at);
    return found == none ? text_.size() : found + mark.size();
  }

  std::size_t skip_raw(std::size_t at) const {
    const std::size_t open = text_.find('(', at);
    if (open == none) return text_.size();
    return behind(")" + std::string(text_.substr(at + 2, open - at - 2)) + "\"", open);
  }

  std::size_t skip_quoted(std::size_t at, char quote) const {
    for (++at; at < text_.size() && text_[at] != quote && text_[at] != '\n'; ++at) at += text_[at] == '\\' ? 1U : 0U;
    return std::min(at + 1, text_.size());
  }

  // As in 1'000'000.
  bool is_digit_separator(std::size_t at) const {
    std::size_t start = at;
    while (start > 0 && (is_word(text_[start - 1]) || text_[start - 1] == '\'')) --start;
    return start < at && std::isdigit(static_cast<unsigned char>(text_[start])) != 0;
  }

  std::string_view text_;
};

// A stretch of code without comments and [[attributes]], each run of blanks as one.
std::string plain_code(std::string_view text) {
  const Reader reader(text);
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = text.substr(at).starts_with("[[") ? reader.skip_group(at)
                             : reader.is_comment(at)           ? reader.skip(at)
                                                               : at;
    if (next != at || is_blank(text[at])) {
      if (!plain.empty() && plain.back() != ' ') plain += ' ';
      at = std::max(next, at + 1);
    } else if (const std::size_t literal = reader.skip(at); literal != at) {
      plain += text.substr(at, literal - at);
      at = literal;
    } else {
      plain += text[at++];
    }
  }
  while (plain.ends_with(' ')) plain.pop_back();
  return plain;
}

// Where the parameters of a function begin in its head, and its name before them; none where it is no function.
std::size_t find_parameters(const std::string& head, std::string& name) {
  std::size_t open = none;
  const std::size_t word = head.find("operator");
  const bool is_operator =
      word != none && (word == 0 || !is_word(head[word - 1])) && word + 8 < head.size() && !is_word(head[word + 8]);
  if (is_operator) {
    open = head.find('(', word + 8);
    if (open != none && head.substr(open).starts_with("()")) {
      const std::size_t second = head.find('(', open + 2);
      const bool is_call = plain_code(head.substr(word + 8, open - word - 8)).empty() && second != none;
      if (is_call) open = second;
    }
  } else {
    int angles = 0;
    for (std::size_t i = 0; i < head.size() && open == none; ++i) {
      if (head[i] == '<') ++angles;
      if (head[i] == '>') --angles;
      if (head[i] == '=' && angles <= 0) return none;  // a variable
      if (head[i] == '(' && angles <= 0) open = i;
    }
  }
  if (open == none) return none;
  std::size_t end = open;
  while (end > 0 && head[end - 1] == ' ') --end;
  std::size_t begin = is_operator ? word : end;
  while (begin > 0 && (is_word(head[begin - 1]) || head[begin - 1] == ':' || head[begin - 1] == '~')) --begin;
  name = head.substr(begin, end - begin);
  return name.empty() || name == "decltype" ? none : open;
}

// The name of the class whose body follows, "DataLoader::State"; nothing where none does.
std::optional<std::string> class_name(std::string head) {
  if (head.starts_with("template")) {
    int angles = 0;
    std::size_t at = head.find('<');
    for (; at < head.size() && (angles > 0 || head[at] == '<'); ++at)
      angles += head[at] == '<' ? 1 : head[at] == '>' ? -1 : 0;
    head = plain_code(head.substr(std::min(at, head.size())));
  }
  const std::size_t space = head.find(' ');
  const std::string word = head.substr(0, space);
  if ((word != "class" && word != "struct" && word != "union") || head.find('(') != none) return std::nullopt;
  if (space == none) return "";
  std::size_t end = space + 1;
  while (end < head.size() &&
         (is_word(head[end]) || head.substr(end).starts_with("::") || head.substr(end - 1).starts_with("::")))
    ++end;
  return head.substr(space + 1, end - space - 1);
}

bool is_access(const std::string& head) { return head == "public" || head == "protected" || head == "private"; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), reader_(text) {}

  std::vector<FunctionText> run() {
    std::size_t start = none;  // of the declaration that is being read
    for (std::size_t at = 0; at < text_.size();) {
      const char c = text_[at];
      if (is_blank(c)) {
        ++at;
      } else if (start == none && c == '#') {
        at = reader_.skip_directive(at);
      } else if (reader_.is_comment(at)) {
        at = reader_.skip(at);
      } else if (start == none && c == '}') {
        if (!scopes_.empty()) scopes_.pop_back();
        ++at;
      } else {
        if (start == none) start = at;
        at = read(start, at);
      }
    }
    return std::move(functions_);
  }

 private:
  // One step inside a declaration; `start` is set to none where it ends.
  std::size_t read(std::size_t& start, std::size_t at) {
    if (const std::size_t next = reader_.skip(at); next != at) return next;
    const char c = text_[at];
    if (c == '(' || c == '[') return reader_.skip_group(at);
    if (c == ';') {
      add_defaulted(start, at);
      start = none;
    } else if (c == ':' && is_access(plain_code(text_.substr(start, at - start)))) {
      start = none;
    } else if (c == '{') {
      return read_brace(start, at);
    }
    return at + 1;
  }

  std::size_t read_brace(std::size_t& start, std::size_t at) {
    const std::string head = plain_code(text_.substr(start, at - start));
    if (head.starts_with("namespace") || head.starts_with("inline namespace") || head == "extern \"C\"" ||
        head == "extern \"C++\"") {
      const std::size_t word = head.find("namespace");
      scopes_.push_back(
          {word == none ? "" : plain_code(head.substr(word + 9)), word == none ? Scope::linkage : Scope::name_space});
      start = none;
      return at + 1;
    }
    if (const auto name = class_name(head)) {
      scopes_.push_back({*name, Scope::type});
      start = none;
      return at + 1;
    }
    std::string name;
    const std::size_t parameters = find_parameters(head, name);
    if (parameters == none)
      return reader_.skip_group(at);  // a class, or a variable with its value; a semicolon follows
    // In "C::C(int n) : n_{n} {" a brace behind a name holds a value, and one behind anything else is the body.
    const std::string rest = head.substr(Reader(head).skip_group(parameters));
    const std::size_t colon = rest.find(':');
    const bool initialises =
        colon != none && !rest.substr(colon).starts_with("::") && (is_word(head.back()) || head.back() == '>');
    if (initialises) return reader_.skip_group(at);
    const std::size_t end = reader_.skip_group(at);
    add(start, at, end, head, name);
    start = none;
    return end;
  }

  void add_defaulted(std::size_t start, std::size_t at) {
    const std::string head = plain_code(text_.substr(start, at - start));
    if (!head.ends_with("= default")) return;
    std::string name;
    if (find_parameters(head, name) != none) add(start, at + 1, at + 1, head, name);
  }

  void add(std::size_t begin, std::size_t body, std::size_t end, const std::string& head, const std::string& name) {
    FunctionText function{name, head, "", head.starts_with("static "), begin, begin, body, end};
    std::string types;
    for (const Scope& scope : scopes_) {
      const std::string& word = scope.name;
      if (scope.kind == Scope::type) types += word + "::";
      if (scope.kind == Scope::name_space && !word.empty())
        function.scope += (function.scope.empty() ? "" : "::") + word;
      if (scope.kind == Scope::type || (scope.kind == Scope::name_space && word.empty())) function.is_internal = true;
    }
    function.name = types + function.name;
    function.comment = comment_above(begin);
    functions_.push_back(function);
  }

  // Lines of // right above; not a heading such as "// ---- Layers".
  std::size_t comment_above(std::size_t begin) const {
    std::size_t line = text_.rfind('\n', begin);
    line = line == none ? 0 : line + 1;
    if (text_.substr(line, begin - line).find_first_not_of(" \t") != none) return begin;
    std::size_t top = begin;
    while (line > 0) {
      const std::size_t before = text_.rfind('\n', line - 2);
      const std::size_t above = line < 2 || before == none ? 0 : before + 1;
      const std::size_t first = std::min(text_.find_first_not_of(" \t", above), text_.size());
      const std::string_view words = text_.substr(first, line - first);
      if (!words.starts_with("//") || words.starts_with("// ----") || words.starts_with("// END") ||
          words.starts_with("// BEGIN"))
        break;
      top = line = above;
    }
    return top;
  }

  struct Scope {
    std::string name;
    enum Kind { name_space, linkage, type } kind;
  };

  std::string_view text_;
  Reader reader_;
  std::vector<Scope> scopes_;
  std::vector<FunctionText> functions_;
};

}  // namespace

std::vector<FunctionText> functions_in(std::string_view source) { return Scanner(source).run(); }

}  // namespace tito
