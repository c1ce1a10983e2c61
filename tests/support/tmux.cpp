#include "tests/support/tmux.hpp"

#include <unistd.h>

#include <atomic>
#include <sstream>

Tmux::Tmux(const Sandbox& box, int columns, int rows) : box_(box) {
  static std::atomic<int> count{0};
  name_ = "tito-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
  const Run started = tmux(
      {"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows),
       "env TITO_KIT=" TEST_TOY_KIT " LC_ALL=C.UTF-8 PS1='ready> ' PATH=" + fs::path(TEST_TITO).parent_path().string() +
           ":/usr/local/bin:/usr/bin:/bin sh -i",
       ";", "set", "status", "off"});
  INFO(started.err);
  REQUIRE(started.status == 0);
  resize(columns, rows);
  REQUIRE(shows("ready>"));
}

Tmux::~Tmux() { tmux({"kill-server"}); }

Run Tmux::tmux(std::vector<std::string> command) const {
  command.insert(command.begin(), {"tmux", "-L", name_});
  return box_.run(command, box_.workspace(),
                  {"TMUX_TMPDIR=" + box_.root().string()});  // its socket goes with the sandbox
}

void Tmux::press(const std::string& key) const { tmux({"send-keys", key}); }

void Tmux::type(const std::string& line) const {
  tmux({"send-keys", "-l", line});
  press("Enter");
}

void Tmux::resize(int columns, int rows) const {
  tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

std::string Tmux::text() const { return tmux({"capture-pane", "-p"}).out; }

std::vector<std::string> Tmux::rows() const {
  std::vector<std::string> rows;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  return rows;
}

bool Tmux::shows(const std::string& part, double seconds) const {
  return comes_true([&] { return contains(text(), part); }, seconds);
}

bool Tmux::shows_no(const std::string& part, double seconds) const {
  return comes_true([&] { return !contains(text(), part); }, seconds);
}

std::string Tmux::variable(const std::string& name) const {
  std::string value = tmux({"display-message", "-p", "#{" + name + "}"}).out;
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}
