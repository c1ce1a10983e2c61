#include "tito/authoring/scaffold.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "tito/authoring/reorder.hpp"
#include "tito/authoring/scaffold_texts.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/json_text.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace fs = std::filesystem;

namespace tito {
namespace {

// Words that no file's function may be called by, as far as they are slugs.
constexpr std::array keywords{
    "alignas",     "alignof",   "and",       "and_eq",    "asm",      "auto",         "bitand",
    "bitor",       "bool",      "break",     "case",      "catch",    "char",         "char16_t",
    "char32_t",    "char8_t",   "class",     "compl",     "concept",  "const",        "const_cast",
    "consteval",   "constexpr", "constinit", "continue",  "co_await", "co_return",    "co_yield",
    "decltype",    "default",   "delete",    "do",        "double",   "dynamic_cast", "else",
    "enum",        "explicit",  "export",    "extern",    "false",    "float",        "for",
    "friend",      "goto",      "if",        "inline",    "int",      "long",         "mutable",
    "namespace",   "new",       "noexcept",  "not",       "not_eq",   "nullptr",      "operator",
    "or",          "or_eq",     "private",   "protected", "public",   "register",     "reinterpret_cast",
    "requires",    "return",    "short",     "signed",    "sizeof",   "static",       "static_assert",
    "static_cast", "struct",    "switch",    "template",  "this",     "thread_local", "throw",
    "true",        "try",       "typedef",   "typeid",    "typename", "union",        "unsigned",
    "using",       "virtual",   "void",      "volatile",  "wchar_t",  "while",        "xor",
    "xor_eq",      "main",      "std"};

[[noreturn]] void refuse(const std::string& what, const std::string& way_out) {
  throw Failure(Exit::usage, what, way_out);
}

void check_slug(const Course& course, const std::string& slug) {
  const std::string example = "take a name such as recurrent: it names files and a function";
  const bool plain = std::all_of(slug.begin(), slug.end(),
                                 [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_'; });
  if (!is_slug(slug) || !plain)
    refuse("\"" + slug + "\": expected lower-case letters, digits and _, a letter first", example);
  if (std::find(keywords.begin(), keywords.end(), slug) != keywords.end())
    refuse("\"" + slug + "\" is a word of C++", example);
  if (slug == "all") refuse("\"all\" means all modules", example);
  if (course.has_module(slug)) refuse("the course has a module \"" + slug + "\" already", example);
  if (const Module* other = course.module_of_checkpoint(slug)) {
    refuse("\"" + slug + "\" is the checkpoint of module " + other->slug, example);
  }
}

void check_checkpoint(const Course& course, const NewModule& module) {
  const std::string way_out = "--checkpoint NAME: what one can do then, in one word";
  if (!is_slug(module.checkpoint)) refuse("the checkpoint \"" + module.checkpoint + "\" is not a slug", way_out);
  if (const Module* other = course.module_of_checkpoint(module.checkpoint)) {
    refuse("the checkpoint \"" + module.checkpoint + "\" is that of module " + other->slug, way_out);
  }
  if (course.has_module(module.checkpoint)) refuse("\"" + module.checkpoint + "\" is a module", way_out);
}

void check_line(const std::string& option, const std::string& text) {
  const bool one_line = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; });
  if (!one_line || !is_utf8(text)) refuse(option + ": expected one line of UTF-8, found other bytes", "");
}

// Behind which module it comes in a track.
const std::string& predecessor(const Track& track, const NewModule& module) {
  return module.after.empty() ? track.order.back() : module.after;
}

std::string need_of(const Course& course, const NewModule& module) {
  return predecessor(course.track(course.default_track()), module);
}

std::string in_track(const std::string& text, const Track& track, const NewModule& module) {
  const std::string& before = predecessor(track, module);
  const std::size_t order = json_place(text, {"tracks", track.name, "order"}).value;
  const std::size_t index = static_cast<std::size_t>(number_in(track, before)) - 1;
  const JsonPlace place = json_places(text, order).at(index);
  // What the one before left was said of the one behind, and says so still.
  const auto leaves = track.leaves.find(before);
  const std::string own =
      track_step(text, place, module.slug, leaves == track.leaves.end() ? std::nullopt : std::optional(leaves->second));
  const std::string left = track_step(text, place, before, "TODO: what is missing without " + module.title);
  const std::string inserted = with_json_inserted(text, order, index, own);
  return inserted.substr(0, place.begin) + left + inserted.substr(place.end);
}

std::string in_object(const std::string& text, const std::string& object, const std::string& behind,
                      const std::string& key, const std::string& value) {
  const std::size_t at = json_place(text, {object}).value;
  const std::vector<JsonPlace> places = json_places(text, at);
  const auto found =
      std::find_if(places.begin(), places.end(), [&](const JsonPlace& one) { return one.key == behind; });
  return with_json_inserted(text, at, static_cast<std::size_t>(found - places.begin()),
                            json_string(key) + ": " + value);
}

std::string replaced(std::string text, const std::map<std::string, std::string>& words) {
  for (const auto& [name, value] : words) {
    const std::string mark = "{{" + name + "}}";
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
      text.replace(at, mark.size(), value);
  }
  const std::string open = "{{include ", close = "}}";
  for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
    const std::size_t end = text.find(close, at), begin = at + open.size();
    text.replace(at, end + close.size() - at, "#include \"" + text.substr(begin, end - begin) + "\"");
  }
  return text;
}

}  // namespace

NewModule completed(const Course& course, NewModule module) {
  check_slug(course, module.slug);
  if (module.title.empty()) {
    module.title = module.slug;
    std::replace(module.title.begin(), module.title.end(), '_', ' ');
    module.title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(module.title[0])));
  }
  if (module.purpose.empty()) module.purpose = "TODO: what it is for, in one line";
  if (module.checkpoint.empty()) module.checkpoint = module.slug;
  check_line("--title", module.title);
  check_line("--purpose", module.purpose);
  check_checkpoint(course, module);
  if (!module.after.empty()) module.after = resolve_module(course, course.track(course.default_track()), module.after);
  return module;
}

std::string with_module(const Course& course, const std::string& text, const NewModule& module) {
  const std::string need = need_of(course, module);
  const std::string entry =
      json_object_like(text, json_place(text, {"modules", need}),
                       {{"title", json_string(module.title)},
                        {"purpose", json_string(module.purpose)},
                        {"needs", "[" + json_string(need) + "]"},
                        {"capability", json_string("TODO: the question that the checkpoint answers?")}});
  std::string changed = in_object(text, "modules", need, module.slug, entry);
  for (const auto& [name, track] : course.tracks()) changed = in_track(changed, track, module);
  return in_object(changed, "MODULE_TO_CHECKPOINT", need, module.slug, json_string(module.checkpoint));
}

std::map<fs::path, std::string> module_files(const Course& course, const NewModule& module,
                                             const CourseFolders& folders, const std::string& given_header) {
  const std::string need = course.module(module.slug).needs.front();
  std::string name_space = course.name();
  std::replace(name_space.begin(), name_space.end(), '-', '_');
  // A header of another module's is reached through what is needed.
  const bool is_given = !course.has_module(fs::path(given_header).stem().string());
  const std::map<std::string, std::string> words{{"slug", module.slug},
                                                 {"title", module.title},
                                                 {"course", course.name()},
                                                 {"namespace", name_space},
                                                 {"function", module.slug + "_of"},
                                                 {"need", need},
                                                 {"out", std::string("std::") + "cout"},
                                                 {"includes", is_given ? "\n#include \"" + given_header + "\"\n" : ""}};
  const fs::path folder = folders.modules / folder_name(course.track(course.default_track()), module.slug);
  namespace texts = scaffold_texts;
  const std::map<fs::path, const char*> templates{
      {folder / "README.md", texts::lesson},
      {folder / (module.slug + ".cpp"), texts::body},
      {folder / "hints.md", texts::hints},
      {folder / "mistakes.md", texts::mistakes},
      {folder / "demo.cpp", texts::demo},
      {folders.contract / course.name() / (module.slug + ".hpp"), texts::header},
      {folders.tests / (module.slug + "_test.cpp"), texts::tests},
      {folders.checkpoints / (module.checkpoint + ".cpp"), texts::checkpoint}};
  std::map<fs::path, std::string> files;
  for (const auto& [path, text] : templates) files[path] = replaced(text, words);
  return files;
}

}  // namespace tito
