/// Chunks of tiles: together all rows, alike in size, by the problem's size alone, and found again from a row.
#include <algorithm>

#include "check.hpp"
#include "rows/plan.hpp"
#include "rows/tile.hpp"

using namespace gaussmix;

namespace {

void chunks_are_all_rows_in_order_and_alike(const rows::Plan& plan) {
    Index next = 0;
    Index fewest = plan.n_tiles;
    Index most = 0;
    for (Index chunk = 0; chunk < plan.n_chunks; ++chunk) {
        Index n_tiles = 0;
        bool in_order = true;
        bool found_again = true;
        rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
            in_order &= first == next && n >= 1 && n <= plan.tile_rows;
            found_again &= plan.chunk_of(first) == chunk && plan.chunk_of(first + n - 1) == chunk;
            next = first + n;
            ++n_tiles;
        });
        CHECK(in_order && found_again);
        fewest = std::min(fewest, n_tiles);
        most = std::max(most, n_tiles);
    }
    CHECK_EQUAL(next, plan.n_rows);
    CHECK(fewest >= 1 && most <= fewest + 1);
}

void every_size_is_cut_well() {
    for (const Index d : {1, 15, 16, 48, 49, 300}) {
        for (const bool full : {false, true}) {
            for (const std::size_t size : {sizeof(float), sizeof(double)}) {
                for (const Index n : {1, 95, 96, 97, 4000, 20'001, 1'000'000}) {
                    const rows::Plan plan = rows::cut(n, d, rows::em_work(8, d, full), size);
                    CHECK(plan.n_chunks >= 1 && plan.n_chunks <= 256);
                    CHECK_EQUAL(plan.tile_rows % 96, 0);
                    chunks_are_all_rows_in_order_and_alike(plan);
                }
            }
        }
    }
}

void chunks_are_larger_with_many_components() {
    const auto n_chunks = [](Index n_rows, Index n_components) {
        return rows::cut(n_rows, 10, rows::em_work(n_components, 10, true), sizeof(double)).n_chunks;
    };
    CHECK_EQUAL(n_chunks(100'000, 100), 86);
    CHECK_EQUAL(n_chunks(100'000, 1000), 25);
    CHECK_EQUAL(n_chunks(100'000, 5000), 24);
    CHECK_EQUAL(n_chunks(2000, 1000), 1);
    CHECK_EQUAL(n_chunks(10'000'000, 5000), 256);
}

void more_rows_than_memory_holds_are_numbered_without_overflow() {
    const Index n = Index{1} << 60;
    const rows::Plan plan = rows::cut(n, 3, rows::em_work(8, 3, true), sizeof(double));
    CHECK_EQUAL(plan.end(plan.n_chunks - 1), n);
    CHECK_EQUAL(plan.chunk_of(n - 1), plan.n_chunks - 1);
    CHECK(plan.begin(plan.n_chunks - 1) < n && plan.begin(1) > 0);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(every_size_is_cut_well());
        TEST(chunks_are_larger_with_many_components());
        TEST(more_rows_than_memory_holds_are_numbered_without_overflow());
    });
}
