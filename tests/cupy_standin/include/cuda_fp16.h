// The half of a GPU, as the host's compiler has it.
#pragma once
typedef _Float16 __half;
