#error "broken on purpose"
