#include "tito/system/background.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"

namespace tito {
namespace {

// Signals to the process are for the thread that shows things: it is waiting in poll() and must wake up.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t some;
    ::sigemptyset(&some);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT}) ::sigaddset(&some, signal);
    ::pthread_sigmask(SIG_BLOCK, &some, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Background::Background() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw Failure(Exit::environment, std::string("cannot make an event: ") + std::strerror(errno));
}

Background::~Background() {
  cancel();
  ::close(event_);
}

void Background::start(std::function<void()> work) {
  cancel();
  const SignalsBlocked blocked;  // the new thread inherits it
  thread_ = std::thread([this, work = std::move(work)] {
    try {
      work();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    ended_ = true;
    wake();
  });
}

void Background::cancel() {
  if (!thread_.joinable()) return;
  cancelled = true;
  thread_.join();
  cancelled = false;
  ended_ = false;
  thrown_ = nullptr;
}

bool Background::take_end() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_, &count, sizeof count);
  if (!ended_) return false;
  thread_.join();
  ended_ = false;
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return true;
}

void Background::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(event_, &one, sizeof one);
}

void wait_for_any(const std::vector<int>& descriptors, int milliseconds) {
  std::vector<pollfd> watched;
  for (const int descriptor : descriptors) watched.push_back({descriptor, POLLIN, 0});
  ::poll(watched.data(), watched.size(), milliseconds);
}

}  // namespace tito
