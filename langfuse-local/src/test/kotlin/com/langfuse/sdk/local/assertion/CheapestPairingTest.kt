package com.langfuse.sdk.local.assertion

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** Both algorithms against trying everything. */
class CheapestPairingTest :
    FunSpec({
        val random = Random(4711)

        fun matrix(rows: Int, columns: Int) = Array(rows) { IntArray(columns) { random.nextInt(0, 6) } }

        test("siblings in any order") {
            fun least(cost: Array<IntArray>, row: Int = 0, free: Set<Int> = cost.indices.toSet()): Int =
                free.minOfOrNull { cost[row][it] + least(cost, row + 1, free - it) } ?: 0
            repeat(500) {
                val size = random.nextInt(1, 7)
                val cost = matrix(size, size)
                val columns = Assignment.cheapest(cost)
                columns.toList().shouldBeUnique()
                columns.indices.sumOf { cost[it][columns[it]] } shouldBe least(cost)
            }
        }

        test("siblings in order") {
            fun least(pair: Array<IntArray>, rows: IntArray, columns: IntArray, row: Int, column: Int): Int =
                listOfNotNull(
                    0.takeIf { row == rows.size && column == columns.size },
                    if (row < rows.size) rows[row] + least(pair, rows, columns, row + 1, column) else null,
                    if (column < columns.size) columns[column] + least(pair, rows, columns, row, column + 1) else null,
                    if (row < rows.size && column < columns.size) {
                        pair[row][column] + least(pair, rows, columns, row + 1, column + 1)
                    } else {
                        null
                    },
                ).min()
            repeat(500) {
                val rows = IntArray(random.nextInt(0, 5)) { random.nextInt(0, 4) }
                val columns = IntArray(random.nextInt(0, 5)) { random.nextInt(0, 4) }
                val pair = matrix(rows.size, columns.size)
                val chosen = Alignment.cheapest(pair, rows, columns)
                val paired = chosen.withIndex().filter { it.value != Alignment.NONE }
                paired.map { it.value } shouldBe paired.map { it.value }.sorted().distinct()
                val cost =
                    paired.sumOf { pair[it.index][it.value] } +
                        rows.indices.filter { chosen[it] == Alignment.NONE }.sumOf { rows[it] } +
                        columns.indices.filter { it !in chosen }.sumOf { columns[it] }
                cost shouldBe least(pair, rows, columns, 0, 0)
            }
        }

        test("rows that are the same keep their order") {
            Assignment.cheapest(Array(50) { IntArray(50) }).toList() shouldBe (0..49).toList()
        }
    })
