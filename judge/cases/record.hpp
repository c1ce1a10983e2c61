// The record: what a program that runs students' code reports to tito, one JSON object a line, on a file
// descriptor of its own. What the program prints and how it exits is never a verdict.
//
//   {"event":"start","seed":S}                                  once, before the first case
//   {"event":"begin","case":"NAME"}
//   {"event":"failure","case":"NAME","expression":"..","expected":"..","actual":"..","note":"..",
//    "message":"..","file":"..","line":L}                       for each failed check; texts may be empty. Then, if so:
//        "random":true                                          the case has asked for the seed
//        "cause":"looks transposed: .."                         what such values usually come from
//        "not_written":{"module":"tensor","function":"Tensor::at"}  it reached a function that is not written yet
//        "excerpt":{"shape":[2,3],"at":[0,1],"row":0,"column":0,"columns":3,"expected":["1","2",..],"actual":[..],
//                   "wrong":[false,true,..]}                    tensors around the first difference, row by row
//   {"event":"measure","name":"accuracy","value":0.91,"unit":"%"}    at any time
//   {"event":"data","name":"MNIST sample"}                           what a demo's further measures are about
//   {"event":"point","curve":"loss","x":3200,"y":0.41}               a demo's or milestone's curve
//   {"event":"axes","chart":"loss","x":"samples","y":"cross-entropy"}
//   {"event":"file","name":"mlp.safetensors"}                        a demo's file that is to be kept
//   {"event":"stopped","message":".."}                               ended by an exception; also "not_written"
//   {"event":"end","case":"NAME","checks":C,"failed":F,"seconds":S}
//   {"event":"finish"}                                          once, after the last case or demo
//
// A workload (bench_runner.cpp) begins and ends its rows as cases; "stopped" then names one, and there are also
//   {"event":"row","case":"NAME","unit":".."}                   its plan, when asked for that
//   {"event":"rate","case":"NAME","value":3.1}                  in the row's unit
//   {"event":"limit","case":"NAME","value":120,"by":"memory"}   or "multiply-adds"
//
// The readers are tito/toolchain/recorded_run.cpp and workload.cpp.
#pragma once

#include <string>

namespace judge {

// Says which descriptor takes the record. Until then, and with -1, nothing is written.
void open_record(int descriptor);

// Reports a figure that was measured in this run; it is shown to the student and in the tour's table.
// unit: "%", "samples/s", "GFLOP/s", "GB/s", "x", "s", "bytes" or "" for a plain number.
void measure(const std::string& name, double value, const std::string& unit);

}  // namespace judge
