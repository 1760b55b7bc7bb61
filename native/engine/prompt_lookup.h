// Prompt-lookup drafting: the continuation of the latest earlier occurrence of the sequence's last n tokens. A guess that
// costs nothing; the model then judges it in one batch.
#pragma once

#include <cstdint>

namespace greta {

inline constexpr uint32_t kLongestLookupGram = 4, kShortestLookupGram = 2;
inline constexpr uint32_t kMaxDraft = 8;

// Writes up to `wanted` (<= kMaxDraft) guesses for what follows sequence[0, length); returns how many.
inline uint32_t draft_by_lookup(const int32_t* sequence, uint32_t length, uint32_t wanted, int32_t* draft) {
  for (uint32_t gram = kLongestLookupGram; gram >= kShortestLookupGram; --gram) {
    if (length <= gram) continue;
    const int32_t* tail = sequence + length - gram;
    for (uint32_t start = length - gram; start-- > 0;) {
      uint32_t same = 0;
      while (same < gram && sequence[start + same] == tail[same]) ++same;
      if (same < gram) continue;
      uint32_t count = 0;
      // Past the end the guess goes on with itself: a repeated pattern is drafted whole.
      for (uint32_t next = start + gram; count < wanted; ++next) {
        draft[count] = next < length ? sequence[next] : draft[next - length];
        ++count;
      }
      return count;
    }
  }
  return 0;
}

}  // namespace greta
