#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "tito/actions/module_watch.hpp"
#include "tito/actions/take_hint.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/ui/page.hpp"
#include "tito/ui/terminal.hpp"
#include "tito/views/advice.hpp"
#include "tito/views/hint.hpp"
#include "tito/views/modules.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  bool poll = false;
};

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Without the empty lines at the beginning.
void drop_empty(std::vector<std::string>& lines) {
  lines.erase(lines.begin(),
              std::find_if(lines.begin(), lines.end(), [](const std::string& line) { return !line.empty(); }));
}

void print_failure(Screen& screen, const Failure& failure) {
  screen.line("  " + std::string(failure.what()));
  if (!failure.way_out().empty()) screen.line("  " + screen.paint(Style::accent, failure.way_out()));
}

// What there is to do now, as `tito next` says it, but about the module that is watched while that is not exported.
void print_way_on(Context& context, const std::string& slug) {
  const Standing standing = context.standing();
  Next next = standing.next;
  const ModuleState state = standing.modules.at(slug);
  if (next.module != slug && state != ModuleState::exported) {
    const bool passes = state == ModuleState::passed || state == ModuleState::stale;
    next = {passes ? Action::export_module : Action::test, slug};
  }
  Screen& screen = context.screen;
  if (next.module != slug && next.action != Action::finished) {
    screen.line(
        fmt::format("  {} is exported: n goes on to {}", slug, module_label(context.workspace().track(), next.module)));
    return;
  }
  const Advice advice = advice_for(context.session(), next);
  screen.line("  " + advice.reason);
  if (!advice.command.empty()) screen.line("  " + screen.paint(Style::accent, advice.command));
  if (next.action == Action::export_module)
    screen.line(screen.paint(Style::dim, "  in another terminal; then n goes on to the next module"));
}

// The page that a student looks at, and the keys.
class Watch {
 public:
  Watch(Context& context, Watched& watched) : context_(context), watched_(watched) {}

  void run() {
    Terminal terminal;
    take_stock();
    for (bool changed = true;;) {
      if (changed) draw(terminal);
      const Terminal::Input input = terminal.wait(watched_.patience_milliseconds(), watched_.descriptors());
      stop_if_interrupted();
      if (input.closed) return;
      if (input.suspend) suspend(terminal);
      for (const char key : input.keys) {
        if (key == 'q') return;
        press(key, terminal.size());
      }
      const bool was_busy = watched_.is_busy();
      if (watched_.take_news()) {
        seen_at_ = local_time();
        show_verdict();
      } else if (input.redraw) {
        take_stock();
      }
      changed = input.redraw || input.suspend || !input.keys.empty() || was_busy != watched_.is_busy() ||
                (was_busy && Clock::now() - drawn_ >= between_pictures);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds between_pictures{50};  // while a check reports its cases

  // Something to be shown in the body; printed anew for each picture, as the terminal's width may change.
  using Body = std::function<void()>;

  void suspend(Terminal& terminal) {
    const bool was_checking = watched_.is_checking();
    watched_.give_up();  // its limits of time would run on
    terminal.suspend();
    if (was_checking) watched_.check();
  }

  void press(char key, const TerminalSize& size) {
    try {
      act(key, std::max(1, size.rows / 2));
    } catch (const Failure& failure) {
      show([this, failure] { print_failure(context_.screen, failure); });
    }
  }

  void act(char key, int page) {
    switch (key) {
      case 'h':
        return show_hint();
      case 'n':
        return go_on();
      case 'a':
        extent_ = extent_ == Extent::all ? Extent::first : Extent::all;
        return show_verdict();
      case 'r':
        return watched_.check();
      case 'l':
        return show([this] { print_modules(context_.screen, context_.session()); });
      case Terminal::up:
        offset_ -= 1;
        return;
      case Terminal::down:
        offset_ += 1;
        return;
      case Terminal::page_up:
        offset_ -= page;
        return;
      case Terminal::page_down:
      case ' ':
        offset_ += page;
        return;
      default:
        return;
    }
  }

  void show(Body body) {
    body_ = std::move(body);
    offset_ = 0;
  }

  // The details of the verdict.
  void show_verdict() {
    take_stock();
    show({});
  }

  void show_hint() {
    const Hint hint = take_hint(context_.session(), watched_.slug(), "", false);
    show([this, hint] {
      print_hint(context_.screen, context_.workspace(), hint);
      context_.screen.line();
      for (const std::string& line : details_) context_.screen.line(line);
    });
  }

  void go_on() {
    take_stock();
    const Standing standing = context_.standing();
    const bool exported = standing.modules.at(watched_.slug()) == ModuleState::exported;
    if (!exported || standing.next.module == watched_.slug() || standing.next.action == Action::finished) {
      return show([this] { print_way_on(context_, watched_.slug()); });
    }
    extent_ = Extent::first;
    watched_.turn_to(standing.next.module);
    show_verdict();
  }

  // Works out what is shown until the next outcome.
  void take_stock() {
    Screen& screen = context_.screen;
    try {
      take_report();
      about_ = about();
    } catch (const Failure& failure) {  // a damaged record of progress, for instance
      details_ = screen.collected([&] { print_failure(screen, failure); });
    }
  }

  // What the report says of the last check, without its heading: the verdict, and what stands behind it.
  void take_report() {
    details_.clear();
    verdict_.clear();
    if (!watched_.outcome()) return;
    const Outcome& outcome = *watched_.outcome();
    Screen& screen = context_.screen;
    std::vector<std::string> lines = screen.collected([&] {
      if (outcome.failure) print_failure(screen, *outcome.failure);
      else print_check(context_.screen, context_.workspace(), watched_.slug(), outcome.check, extent_);
    });
    if (!outcome.failure) lines.erase(lines.begin());  // which module it is stands elsewhere
    drop_empty(lines);
    if (!lines.empty()) {
      verdict_ = lines.front().substr(std::min(lines.front().find_first_not_of(' '), lines.front().size()));
      lines.erase(lines.begin());
    }
    if (outcome.failure) verdict_ = screen.paint(Style::bad, screen.cross()) + " " + verdict_;
    drop_empty(lines);
    details_ = std::move(lines);
    if (!outcome.passed()) return;
    std::vector<std::string> way = screen.collected([&] { print_way_on(context_, watched_.slug()); });
    if (!details_.empty()) way.emplace_back();
    details_.insert(details_.begin(), way.begin(), way.end());
  }

  std::string verdict_line() const {
    if (!watched_.is_busy()) return verdict_;
    const Screen& screen = context_.screen;
    const std::string done = watched_.cases_done() > 0 ? fmt::format("testing: {} of {} cases", watched_.cases_done(),
                                                                     watched_.cases_planned())
                                                       : "compiling";
    return fmt::format(
        "{} {}   {}", screen.paint(Style::accent, screen.arrow()), done,
        screen.paint(Style::dim, fmt::format("{:.1f} s", watched_.is_checking() ? watched_.seconds() : 0.0)));
  }

  std::vector<std::string> about() const {
    const Standing standing = context_.standing();
    const Screen& screen = context_.screen;
    int done = 0;
    for (const auto& [checkpoint, state] : standing.checkpoints) done += state == CheckpointState::done ? 1 : 0;
    const int all = static_cast<int>(standing.checkpoints.size());
    const std::string label = screen.paint(Style::bold, module_label(context_.workspace().track(), watched_.slug()));
    const std::string bar = screen.bar(static_cast<double>(done) / all, 10);
    const std::string progress = fmt::format("{}/{}", done, all);
    const std::string file = context_.workspace().source_name(watched_.slug());
    return {fmt::format("{} {} {}   {} {} checkpoints   {}", label, screen.dot(), file, bar, progress, seen_at_),
            fmt::format("{}   {} {} checkpoints   {}", label, bar, progress, seen_at_),
            fmt::format("{}   {} {}", label, bar, progress), fmt::format("{} {}", label, progress)};
  }

  void draw(Terminal& terminal) {
    const Screen& screen = context_.screen;
    Page page;
    page.verdict = verdict_line();
    page.about = about_;
    page.body = details_;
    if (body_) {
      try {
        page.body = context_.screen.collected(body_);
      } catch (const Failure& failure) {
        page.body = context_.screen.collected([&] { print_failure(context_.screen, failure); });
      }
    }
    const auto key = [&](const char* letter) { return screen.paint(Style::accent, letter); };
    page.keys = {
        fmt::format("{} hint   {} next   {} {}   {} run again   {} list   {} quit", key("h"), key("n"), key("a"),
                    extent_ == Extent::all ? "first failure" : "all failures", key("r"), key("l"), key("q")),
        "h hint  n next  a all  r run  l list  q quit", "h hint n next a all r run l list q quit", "h n a r l q: keys",
        "hnarlq"};
    terminal.draw(laid_out(page, terminal.size(), offset_));
    drawn_ = Clock::now();
  }

  Context& context_;
  Watched& watched_;
  Extent extent_ = Extent::first;
  Body body_;  // none: the details
  std::string verdict_;
  std::vector<std::string> details_;
  std::vector<std::string> about_;
  std::string seen_at_;  // when the last outcome came
  int offset_ = 0;
  Clock::time_point drawn_;
};

nlohmann::json json_of(Context& context, const Watched& watched, const Outcome& outcome) {
  nlohmann::json object = {{"schema", "tito/1"}, {"command", "watch"}, {"ok", outcome.passed()}};
  object["module"] = watched.slug();
  object["number"] = number_in(context.workspace().track(), watched.slug());
  if (outcome.failure) {
    object["error"] = {{"message", outcome.failure->what()},
                       {"way_out", outcome.failure->way_out()},
                       {"exit", static_cast<int>(outcome.failure->exit())}};
  } else {
    object.update(json_of(outcome.check));
  }
  return object;
}

// Without a terminal: the verdicts one after another, as `tito module test` shows them.
void watch_in_lines(Context& context, Watched& watched) {
  for (;;) {
    wait_for_any(watched.descriptors(), watched.patience_milliseconds());
    stop_if_interrupted();
    if (context.screen.is_abandoned()) return;
    if (!watched.take_news()) continue;
    const Outcome& outcome = *watched.outcome();
    if (context.json) {
      context.screen.json_line(json_of(context, watched, outcome));
    } else if (outcome.failure) {
      context.screen.error(outcome.failure->what(), outcome.failure->way_out());
    } else {
      print_check(context.screen, context.workspace(), watched.slug(), outcome.check, Extent::first);
      context.screen.line();
    }
  }
}

void run(Context& context, const Options& options) {
  context.json_lines = true;
  const std::string slug = options.module.empty()
                               ? context.standing().next.module
                               : resolve_module(context.course(), context.workspace().track(), options.module);
  Watched watched(context.session(), options.poll);
  watched.turn_to(slug);
  if (context.json || !Terminal::is_there()) return watch_in_lines(context, watched);
  Watch(context, watched).run();
}

}  // namespace

void add_watch(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("watch", "Check your file again whenever you save it");
  command->add_option("MODULE", options->module, "Number or slug; without it the module you are at")->option_text(" ");
  command->add_flag("--poll", options->poll, "Look at the file ten times a second instead of being told by the system");
  command->footer(
      "Keys: h hint, n next, a all failures, r run again, l list, q quit; arrows and space scroll. A save while a "
      "check\n"
      "runs gives it up and starts anew. Where there is no terminal, the verdicts are printed one after another; "
      "with\n"
      "--json each is one object on a line of its own, and so is the last one, which says how it ended.\n\n"
      "Examples:\n"
      "  tito watch\n"
      "  tito watch 03\n"
      "  tito watch --poll\n"
      "  tito watch --json | jq .passed");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
