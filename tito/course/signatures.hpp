// Signatures: which cases of a module fail, and how, when a known mistake is in its body. A student's file that fails
// in exactly the same way has the mistake's name said to it.
//
// signatures.json beside mistakes.md, measured and written by `build/bin/trials signatures`:
//   {"schema": "tito-signatures/1",
//    "sources": {"body": SHA256, "cases": SHA256, "causes": SHA256, "mistakes": SHA256},    what it was measured with
//    "mistakes": [{"name": "The weight is read transposed",
//                  "fails": {"CASE": "values 0123456789ab", ..}}, ..]}        a case that is not listed passes
//
// Of a case is written down what is the same with every seed: "values", all that its failed checks say, with numbers to
// two digits; else "causes", which of them fail and what that likely comes from; else "checks", which fail; else
// "fails", that it fails; else "varies". What is written down is a digest, so that no answer stands in the file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

// What one run of a case shows.
struct Trace {
  bool known = true;   // false: the case was not run or reached a stub, and shows nothing
  std::string ending;  // empty when it passed, else "failed", "crashed", ..
  std::string checks;  // the failed checks
  std::string causes;  // their likely causes
  std::string values;  // and what they say, but for those that are about random numbers
};
using Traces = std::map<std::string, Trace>;  // case -> trace

// A text whose numbers are rounded to two digits, and to 0 below a millionth: what is the same on every machine.
std::string rounded_numbers(std::string_view text);

struct Signature {
  std::string name;                          // of the mistake
  std::map<std::string, std::string> fails;  // case -> "values 0123456789ab"
};

// The signature that several runs of one body have in common. A case that no run knows anything of varies.
Signature signature_of(const std::string& name, const std::vector<Traces>& runs);

// The name of the only mistake that explains all that is known, failures and passes; empty when there is none, when two
// of different names do, or when it is hardly evidence: in one failing case at least the values must agree, or a likely
// cause. Which checks fail is much the same for all mistakes of a function.
std::string known_mistake(const std::vector<Signature>& signatures, const Traces& traces);

struct SignatureFile {
  std::map<std::string, std::string> sources;  // "body", "cases", "causes", "mistakes" -> SHA-256
  std::vector<Signature> mistakes;

  std::string print() const;
};

// throws: Failure(Exit::damaged) naming `origin` and the place for what is not as above.
SignatureFile read_signatures(std::string_view text, const std::string& origin);

}  // namespace tito
