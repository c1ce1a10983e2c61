// What a demo is written with: it prints for a person and reports its figures to the record.
//
// A demo is one function; demo_runner.cpp holds main.
//   void demo::run() {
//     demo::say("An untrained network guesses.");
//     demo::measure("accuracy", 100 * accuracy(logits, labels), "%");
//   }
#pragma once

#include <cstdint>
#include <string>

#include "judge/record.hpp"

namespace demo {

// Defined by the demo.
void run();

// The seed of this run: what --seed said, else 1. Whatever is random in a demo comes from it.
std::uint64_t seed();

// Prints a line.
void say(const std::string& line);
inline void say() { say(""); }

// Prints a measured figure as an aligned row and puts it into the record.
void measure(const std::string& name, double value, const std::string& unit);

// A point of a curve, such as the loss after so many samples; the curve is drawn when the run is over.
void point(const std::string& curve, double x, double y);

// Names a file that the demo has written into its working folder and that is to outlive it: tito copies it to the
// workspace's results/.
void keep(const std::string& file);

// Shows how far long work has come, on one line that is rewritten, where the output is a terminal; nothing
// elsewhere. done == total ends the line.
void progress(const std::string& what, std::int64_t done, std::int64_t total);

}  // namespace demo
