#pragma once

namespace facenet {

/// For a process that was just forked and shall hold nothing of its parent's: closes all files but
/// `kept` (-1: all of them), lets standard input, output and error lead nowhere, and takes `name`,
/// as ps shows it. The terminal's signals are for the program, which ends its helpers itself.
void make_bare(const char* name, int kept = -1);

}  // namespace facenet
