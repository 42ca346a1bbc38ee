int ant(void);
int main_value(void) { return ant(); }
