#include "tito/commands/author/dev_manual.hpp"

#include <sstream>

#include "tito/commands/commands.hpp"
#include "tito/system/build.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

std::vector<const CLI::App*> visible(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

// Text as roff takes it for what it is.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '`') out += "\\(ga";
    else if (c == '^') out += "\\(ha";
    else if (c == '~') out += "\\(ti";
    else out += c;
  }
  return out;
}

// A line that begins with a dot would be a request.
std::string line_of(const std::string& text) { return (text.starts_with('.') ? "\\&" : "") + escaped(text) + "\n"; }

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

// The word for an option's value: "WHEN", without the checks that CLI11 names behind it.
std::string value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string usage_of(const CLI::App& command) {
  std::string text = "\\fB" + escaped(full_name(command)) + "\\fR";
  if (!visible(command).empty()) {
    const std::string below = "\\fICOMMAND\\fR";
    text += command.get_require_subcommand_min() > 0 ? " " + below : " [" + below + "]";
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = "\\fI" + escaped(option->get_name(true)) + "\\fR";
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text + " [\\fIOPTION\\fR]...\n";
}

std::string options_of(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    text += ".TP\n";
    if (option->get_positional()) {
      text += "\\fI" + escaped(option->get_name(true)) + "\\fR\n";
    } else {
      text += "\\fB" + escaped(option->get_name()) + "\\fR";
      if (option->get_items_expected_max() > 0) text += " \\fI" + escaped(value_of(*option)) + "\\fR";
      text += "\n";
    }
    text += line_of(option->get_description());
  }
  return text;
}

// The footer: paragraphs, and examples as they are typed.
std::string footer_of(const CLI::App& command) {
  std::string text;
  bool examples = false;
  std::istringstream lines(command.get_footer());
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:" || line == "Example:") {
      text += ".PP\nExamples:\n.PP\n.nf\n.RS 4\n";
      examples = true;
    } else if (line.empty()) {
      if (examples) text += ".RE\n.fi\n";
      else if (!text.empty()) text += ".PP\n";
      examples = false;
    } else {
      text += line_of(line.substr(std::min(line.find_first_not_of(' '), line.size())));
    }
  }
  if (examples) text += ".RE\n.fi\n";
  for (const std::string doubled : {".PP\n.PP\n", ".fi\n.PP\n.PP\n"}) {
    for (std::size_t at; (at = text.find(doubled)) != std::string::npos;) text.erase(at, 4);
  }
  return text.starts_with(".PP\n") ? text.substr(4) : text;
}

std::string heading(const std::string& name, const std::string& about) {
  std::string title = name;
  for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH " + escaped(title) + " 1 \"" + utc_now().substr(0, 10) + "\" \"tito " + build().version +
         "\" \"User Commands\"\n.SH NAME\n" + escaped(name) + " \\- " + escaped(about) + "\n";
}

std::string page_of(const CLI::App& command) {
  std::string text = heading("tito-" + command.get_name(), command.get_description());
  const std::vector<const CLI::App*> below = visible(command);
  text += ".SH SYNOPSIS\n" + usage_of(command);
  for (const CLI::App* one : below) text += ".br\n" + usage_of(*one);
  text += ".SH DESCRIPTION\n" + line_of(command.get_description() + ".") + ".PP\n" + footer_of(command);
  text += ".SH OPTIONS\n" + options_of(command) + ".PP\nThe options of every command stand in\n.BR tito (1).\n";
  for (const CLI::App* one : below) {
    text += ".SH \"" + escaped(full_name(*one)) + "\"\n" + line_of(one->get_description() + ".") + options_of(*one) +
            ".PP\n" + footer_of(*one);
  }
  return text + ".SH \"SEE ALSO\"\n.BR tito (1)\n";
}

}  // namespace

std::map<std::string, std::string> manual_pages(const CLI::App& app) {
  std::map<std::string, std::string> pages;
  const std::string about = app.get_description();
  std::string text = heading("tito", about.substr(about.find(": ") + 2));
  text += ".SH SYNOPSIS\n" + usage_of(app) + ".SH COMMANDS\n";
  for (const CLI::App* command : visible(app)) {
    text += ".TP\n.BR tito\\-" + escaped(command->get_name()) + " (1)\n" + line_of(command->get_description());
    pages["tito-" + command->get_name() + ".1"] = page_of(*command);
  }
  text += ".SH OPTIONS\n" + options_of(app) + ".SH NOTES\n" + footer_of(app);
  pages["tito.1"] = text;
  return pages;
}

namespace {

void write_manual(Context& context, const CLI::App& app, const std::filesystem::path& folder) {
  make_folders(folder);
  nlohmann::json names = nlohmann::json::array();
  for (const auto& [name, text] : manual_pages(app)) {
    write_atomically(folder / name, text);
    names.push_back(name);
  }
  context.result = {{"folder", folder.string()}, {"pages", names}};
  context.screen.line(std::to_string(names.size()) + " pages in " + folder.string());
}

}  // namespace

void add_dev_manual(CLI::App& group, Context& context) {
  auto folder = std::make_shared<std::string>();
  CLI::App* manual = group.add_subcommand("manual", "Write the manual pages, from what --help says");
  manual->add_option("DIR", *folder, "Where tito.1 and the others are put")->required()->option_text(" ");
  manual->footer("Example:\n  tito dev manual man && man -l man/tito.1");
  manual->callback([&context, &group, folder] { write_manual(context, *group.get_parent(), *folder); });
}

}  // namespace tito
