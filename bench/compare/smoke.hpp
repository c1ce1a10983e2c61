// Do the measuring programs work? A quick look, no measurement.
#pragma once

namespace bench {

// Runs every program of ours with its shortest setting, and makes a page and a picture of what they said. Returns the
// exit status: 0 when all of them printed positive figures and the page keeps what is written by hand, else 1, having
// named on standard error what is wrong.
int smoke();

}  // namespace bench
