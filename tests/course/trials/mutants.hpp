// Small changes to a body: one operator, constant, bound or index inside a SOLUTION region at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace trials {

struct Mutant {
  // What it is, whatever the lines around it:
  //   Tensor::at | offset = offset * extent + from_front; | * -> / | 1
  // The number tells apart equal changes to equal lines of one function, from 1.
  std::string identity;
  std::string body;  // the whole file
};

// Every mutant of a body. Comments, texts and template arguments are left alone.
// throws: tito::Failure(Exit::damaged) for a body whose regions are wrong.
std::vector<Mutant> mutants_of(const std::string& body, const std::string& origin);

// The mutants that no case can catch, with the reason each is equivalent. The file holds the identity on one line and
// the reason, indented, on the next; lines that begin with # are comments.
// throws: tito::Failure(Exit::damaged) naming the line for a reason without an identity or the other way round.
std::map<std::string, std::string> read_survivors(const std::string& text, const std::string& origin);

}  // namespace trials
