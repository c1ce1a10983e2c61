#include "tito/actions/session.hpp"

namespace tito {

Standing standing_of(const Session& session) {
  return standing_of(session.course, session.workspace, session.workspace.progress_file().load(), session.contract);
}

}  // namespace tito
