// Processes that tests start, look for and wait for.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

// The command lines of all processes, the words of each separated by a blank.
std::vector<std::string> command_lines();

// How many processes sleep for so long: `sleep SECONDS`, with a number that no other test uses.
int count_sleeping(const std::string& seconds);

// How many processes run a program that lies in this folder or below it.
int count_programs_below(const std::filesystem::path& folder);

// Starts a program and does not wait for it; without input, its output in a file.
pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment = {},
            const std::string& output = "/dev/null");

// Waits for a child's end: its exit status, or 128 + the signal that ended it.
int wait_for(pid_t child);
int exit_status_of(int wait_status);

// Runs an action in a process of its own, in which it may change limits, and returns the text that it returned.
std::string in_a_process(const std::function<std::string()>& action);

// From now on no file may become longer than so many bytes, which fails as a full disk does.
void limit_file_size(std::size_t bytes);

// Waits until `holds`, looking 25 times a second, and returns whether it came to that.
bool comes_true(const std::function<bool()>& holds, double seconds);

// The shortest of several runs, in seconds, since others may use the machine meanwhile.
double fastest_of(int rounds, const std::function<void()>& action);

// Whether a program is in PATH; without it the caller skips its checks, and a warning says so.
bool has_program(const std::string& name);
