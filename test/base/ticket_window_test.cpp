#include "base/ticket_window.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(TicketWindow, GivesEachTicketOnceAndNeverRunsAhead) {
  constexpr std::size_t kTickets = 2000;
  constexpr std::size_t kWindow = 7;
  TicketWindow window(kTickets, kWindow);
  std::vector<std::atomic<int>> taken(kTickets);
  std::atomic<std::size_t> finished = 0;
  std::atomic<bool> ran_ahead = false;
  {
    std::vector<std::jthread> takers;
    for (int i = 0; i < 4; ++i) {
      takers.emplace_back([&] {
        for (std::size_t ticket; window.take(ticket);) {
          if (ticket >= finished + kWindow) ran_ahead = true;
          ++taken[ticket];
        }
      });
    }
    while (finished < kTickets) {
      if (taken[finished] == 0) continue;
      ++finished;  // before finish_one(), which lets the takers go on
      window.finish_one();
    }
  }
  EXPECT_FALSE(ran_ahead);
  EXPECT_TRUE(std::all_of(taken.begin(), taken.end(), [](const auto& n) { return n == 1; }));
}

TEST(TicketWindow, CloseWakesWaiters) {
  TicketWindow window(10, 1);
  std::size_t ticket = 0;
  ASSERT_TRUE(window.take(ticket));
  std::atomic<bool> got = true;
  std::jthread waiter([&] {
    std::size_t second = 0;
    got = window.take(second);
  });
  window.close();
  waiter.join();
  EXPECT_FALSE(got);
  EXPECT_EQ(window.taken(), 1u);
}

}  // namespace
}  // namespace facenet
