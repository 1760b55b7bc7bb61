// Work that must not hold up other work.
#pragma once

namespace greta {

// From now on the calling thread, and the threads it starts, give way to others of this machine (nice 10). Cannot be undone
// without privileges; does nothing where the system has no such thing for one thread.
void run_in_background();

}  // namespace greta
