#include <array>
#include <string_view>

#include "tito/toolchain/diagnostics.hpp"

namespace tito {
namespace {

// The sentence for a message that holds both texts.
struct Help {
  std::string_view text;
  std::string_view and_text;
  std::string_view sentence;
};

// The first that fits; a row that says more of a case stands before the row that says less.
constexpr std::array table{
    Help{"expected ',' or ';' before", "", "a semicolon is missing, often at the end of the line before"},
    Help{"expected ';'", "", "a semicolon is missing, often at the end of the line before"},
    Help{"expected '}' at end of input", "", "a closing brace } is missing: every { needs one"},
    Help{"a function-definition is not allowed here", "",
         "the function above is not closed: a brace } is missing before this line"},
    Help{"qualified-id in declaration", "", "the function above is not closed: a brace } is missing before this line"},
    Help{"expected declaration before '}'", "", "a brace } too many: what it should close is closed already"},
    Help{"missing terminating", "", "a text begins here and does not end: a quotation mark is missing"},
    Help{"unterminated comment", "", "a comment begins here with /* and has no */"},
    Help{"stray '", "",
         "a character that is not C++, perhaps from a copied text: type quotation marks and dashes anew"},
    Help{"extended character", "",
         "a character that is not C++, perhaps from a copied text: type quotation marks and dashes anew"},
    Help{"'else' without a previous 'if'", "",
         "the if before this else is over already: is there a semicolon or a brace too many?"},
    Help{"suggest parentheses around assignment used as truth value", "", "= assigns; to compare, write =="},
    Help{"comparison of integer expressions of different signedness", "",
         "one side has no negative numbers (std::size_t), the other has: convert one with static_cast"},
    Help{"narrowing conversion", "", "braces refuse a conversion that may lose digits: write it out with static_cast"},
    Help{"no return statement in function returning non-void", "",
         "the function promises a result: every way through it must end in return"},
    Help{"control reaches end of non-void function", "",
         "the function promises a result: every way through it must end in return"},
    Help{"discards qualifiers", "",
         "the object is const, and this function may change it: use a const function, or a copy that is yours"},
    Help{"assignment of read-only", "",
         "what is on the left is const and cannot be changed: change a copy, or take const away where it is yours"},
    Help{"increment of read-only", "",
         "what is counted is const and cannot be changed: change a copy, or take const away where it is yours"},
    Help{"binding reference of type", "discards",
         "what is const cannot be passed where it may be changed: take a const reference, or pass a copy"},
    Help{"request for member", "pointer type", "this is a pointer: its members are reached with -> instead of ."},
    Help{"request for member", "non-class type",
         "this is no object with members, perhaps a number: is it the variable you mean?"},
    Help{"base operand of '->'", "", "this is no pointer: its members are reached with . instead of ->"},
    Help{"redefinition of", "", "this is defined twice: is an old version still in the file?"},
    Help{"conflicting declaration", "", "this name is declared already, as something else: choose another"},
    Help{"redeclaration of", "", "this name is declared already: choose another, or leave the type away to assign"},
    Help{"no declaration matches", "",
         "the header declares it otherwise: compare parameters, const and the type of the result with the header"},
    Help{"marked 'override', but does not override", "",
         "no base class has a function of this name with these parameters and const: compare"},
    Help{"is private within this context", "",
         "private members can be used by the class's own functions only: look for a public function"},
    Help{"use of deleted function", "unique_ptr",
         "a std::unique_ptr has one owner and cannot be copied: hand it on with std::move, or take a reference"},
    Help{"use of deleted function", "",
         "objects of this type cannot be copied or made this way: take a reference, or std::move"},
    Help{"class template argument deduction failed", "",
         "the type between < and > is missing and cannot be worked out: write it, as in std::vector<float>"},
    Help{"missing template arguments before", "", "the type between < and > is missing, as in std::vector<float>"},
    Help{"wrong number of template arguments", "", "this template takes another number of types between < and >"},
    Help{"template argument", "is invalid",
         "what stands between < and > is no type: is it spelled right and its header included?"},
    Help{"ignoring return value", "", "the result is what this function is called for: keep or use it"},
    Help{"statement has no effect", "", "nothing happens here: is it = instead of ==, or a call without ()?"},
    Help{"value computed is not used", "", "the result is thrown away: is an assignment missing?"},
    Help{"there are no arguments to", "template parameter",
         "in a template, members of the base class are reached with this->"},
    Help{"need 'typename' before", "", "in a template, say that this is a type: write typename before it"},
    Help{"too few arguments to function", "", "an argument is missing: compare the call with the declaration"},
    Help{"too many arguments to function", "",
         "the function takes fewer arguments: compare the call with the declaration"},
    Help{"no matching function for call", "",
         "number or types of the arguments fit no declaration: compare them one by one"},
    Help{"no match for 'operator", "", "these types have no such operator: is one of them not what you think?"},
    Help{"invalid operands of types", "", "these types have no such operator: is one of them not what you think?"},
    Help{"has no member named", "", "the class has no such member: compare the spelling with the header"},
    Help{"has not been declared", "", "this name is not known here: compare the spelling, and is its header included?"},
    Help{"is used uninitialized", "", "it has no value yet: give it one where it is declared"},
    Help{"may be used uninitialized", "", "on some way it has no value yet: give it one where it is declared"},
    Help{"return-statement with a value", "",
         "the function is declared void and returns nothing: is the type of its result the header's?"},
    Help{"return-statement with no value", "", "the function promises a result: return needs a value"},
    Help{"expected primary-expression", "", "an operand is missing or there is one sign too many"},
    Help{"expected unqualified-id", "", "this stands outside of any function: is there a brace } too many above?"},
    Help{"cannot convert", "", "a value of the first type stands where one of the second is needed"},
    Help{"could not convert", "", "a value of the first type stands where one of the second is needed"},
    Help{"invalid conversion", "", "a value of the first type stands where one of the second is needed"},
    Help{"conversion from", "non-scalar type", "a value of the first type stands where one of the second is needed"},
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The name between the quotation marks behind `mark`.
std::string quoted_after(const std::string& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size(), end = text.find('\'', begin);
  return end == std::string::npos ? "" : text.substr(begin, end - begin);
}

// An unknown name: what is near to it decides what is to be done.
std::string help_for_name(const Diagnostic& one) {
  const std::string near = quoted_after(one.message, "did you mean '");
  const std::string header = one.suggestion.starts_with('<') ? one.suggestion : "";
  if (!header.empty()) return "its header is missing: write #include " + header + " at the top of the file";
  const std::string standard = near.starts_with("std::") ? near : one.suggestion;
  if (standard.starts_with("std::")) return "it belongs to the standard library: write " + standard;
  if (!near.empty()) return "there is no such name here; the nearest is " + near;
  if (!one.suggestion.empty()) return "there is no such name here; the nearest is " + one.suggestion;
  return "this name is not known here: is it spelled right, declared before this line, and is its header included?";
}

}  // namespace

std::string help_for(const Diagnostic& one) {
  const std::string& message = one.message;
  for (const std::string_view unknown : {"was not declared in this scope", "is not a member of", "does not name a type",
                                         "does not name a template type", "is not a class or namespace"}) {
    if (contains(message, unknown)) return help_for_name(one);
  }
  const std::string near = quoted_after(message, "did you mean '");
  for (const Help& row : table) {
    if (!contains(message, row.text) || !contains(message, row.and_text)) continue;
    const std::string sentence(row.sentence);
    return row.text == "has no member named" && !near.empty() ? "the class has no such member; the nearest is " + near
                                                              : sentence;
  }
  return "";
}

}  // namespace tito
