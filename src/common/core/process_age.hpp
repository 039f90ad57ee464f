#pragma once

namespace apq {

/// Seconds since this process was started, to 10 ms; an exec does not begin anew. 0 where /proc does not say.
double process_age();

}  // namespace apq
