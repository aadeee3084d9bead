#!/bin/bash -eu
# Builds every target into $OUT, with its seeds and its dictionary. OSS-Fuzz gives $SRC, $OUT and compile_python_fuzzer, which
# makes a program of its own of each target, by PyInstaller, and hands further options on to it.
cd "$SRC/migaddr"
pip3 install '.[fuzz]'
export PYTHONPATH=$PWD

# what is imported by name, when it is needed: readers of spellings, rules, grammars
options=(--collect-submodules migaddr --collect-submodules tests.laws)
grammars=$(python3 -c '
import importlib.metadata as metadata
names = {one.name.replace("-", "_").lower() for one in metadata.distributions()}
print(*sorted(name for name in names if name.startswith("tree_sitter")))')
for grammar in $grammars; do
    options+=(--collect-all "$grammar")
done

python3 -m fuzz.make_seeds "$PWD/seeds"
for fuzzer in fuzz/fuzz_*.py; do
    name=$(basename -s .py "$fuzzer")
    target=${name#fuzz_}
    compile_python_fuzzer "$fuzzer" "${options[@]}"
    if [ -d "seeds/$target" ]; then
        (cd "seeds/$target" && python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" ./*)
    fi
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/$name.dict"
    fi
done
