// The rules, each a function; audit.cpp has the table.
#pragma once

#include "tito/authoring/audit.hpp"

namespace tito {

// audit_folders.cpp
Findings missing_files(const Audit& audit);  // what every module must have
Findings orphans(const Audit& audit);        // what belongs to no module
Findings stray_variants(const Audit& audit);

// audit_includes.cpp
Findings includes_outside_needs(const Audit& audit);

// audit_markdown.cpp
Findings broken_links(const Audit& audit);
Findings broken_snippets(const Audit& audit);

// audit_material.cpp
Findings unbalanced_markers(const Audit& audit);
Findings missing_hints(const Audit& audit);
Findings malformed_mistakes(const Audit& audit);

// audit_numbers.cpp
Findings numbers_by_hand(const Audit& audit);

// audit_todo.cpp
Findings open_todos(const Audit& audit);

// generated.cpp
Findings stale_regions(const Audit& audit);

}  // namespace tito
